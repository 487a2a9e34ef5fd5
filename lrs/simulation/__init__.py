"""A simulated pair of districts: people, calendar, rubric, years of statements, and what is to be found in them."""
