"""Reference data as pure functions: formats in, what was known of people, cohorts, rubrics and terms on any day out."""
