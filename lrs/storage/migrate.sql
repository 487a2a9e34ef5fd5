-- name: lock
-- The lock of the one who migrates this database, if it is free; held until the connection ends.
-- $1 key bigint
select pg_try_advisory_lock($1);

-- name: exists
-- Whether anything was ever migrated.
select to_regclass('storage.migrations') is not null;

-- name: applied
-- What was applied, in order.
select number, name, digest, at from storage.migrations order by number;

-- name: current
-- The last that was applied.
select coalesce(max(number), 0) from storage.migrations;

-- name: note
-- That a step was applied, in its own transaction.
-- $1 number int
-- $2 name text
-- $3 digest text
insert into storage.migrations (number, name, digest) values ($1, $2, $3);
