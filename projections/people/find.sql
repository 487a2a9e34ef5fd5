-- name: names
-- The names of an agent, earliest first.
-- $1 store int
-- $2 agent bigint
select name from people.names where store = $1 and agent = $2 order by position, digest;
