-- name: one
-- The latest version of a user.
-- $1 name text
select name, position, state
  from auth.users
 where name = $1
 order by position desc
 limit 1;

-- name: all
-- The latest version of every user.
select distinct on (name) name, position, state
  from auth.users
 order by name, position desc;

-- name: add
-- A new version of a user, unless she has changed since the one at position `after` (0: there was none).
-- $1 name text
-- $2 position bigint
-- $3 state bytea
-- $4 after bigint
insert into auth.users (name, position, state)
select $1, $2, $3
 where coalesce((select max(position) from auth.users where name = $1), 0) = $4;
