-- name: heads
-- How far the logs of some stores go.
-- $1 stores int[]
select store, position from log.heads where store = any($1);
