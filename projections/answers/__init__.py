"""What all analytic questions share: parameters, paging, formats, roles and suppression."""
