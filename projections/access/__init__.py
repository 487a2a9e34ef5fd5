"""Who looked at whose records, person by person: so that she may see it."""
