"""The mapper and the facts that it makes of statements."""
