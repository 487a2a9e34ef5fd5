"""PostgreSQL, the plain part: the embedded server, the pool, SQL files, roles and migrations."""
