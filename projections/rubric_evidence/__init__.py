"""Which criteria of their rubric people have evidence on, how much, from whom, and where they stand."""
