-- name: alone
-- Holds the lock of those who migrate until the transaction ends.
-- $1 number bigint
select pg_advisory_xact_lock($1);

-- name: try_alone
-- The lock of those who rebuild, which goes with the connection, if nobody holds it.
-- $1 number bigint
select pg_try_advisory_lock($1);

-- name: versions
-- Every schema, and under which version it was made.
select nspname::text as name, obj_description(oid, 'pg_namespace') as version from pg_namespace;

-- name: may_create
-- Whether a role may make schemas in this database.
-- $1 role text
select current_database()::text as database,
       has_database_privilege($1::text, current_database()::text, 'create') as may_create;

-- name: forget
-- Forgets how far a follower and its partitions have come, in all stores.
-- $1 follower text
with parts as (
    delete from relay.partitions where follower = $1
)
delete from relay.checkpoints where follower = $1;

-- name: aim
-- Has a projection computed into a schema.
-- $1 name text
-- $2 schema text
-- $3 version int
insert into facts.targets (name, schema, version) values ($1, $2, $3)
on conflict (schema) do update set name = excluded.name, version = excluded.version;

-- name: mark_all
-- Marks every key of a target in every store, since ever.
-- $1 target text
-- $2 key text
insert into facts.marks (store, target, position, keys, positions)
select id, $1, 1, array[$2], array[1] from log.stores where id <> 0;

-- name: miss
-- No longer has anything computed into a schema.
-- $1 schema text
delete from facts.targets where schema = $1;

-- name: unmark
-- Forgets the marks of a target.
-- $1 target text
delete from facts.marks where target = $1;

-- name: retarget
-- What is computed into one schema is computed into another from now on.
-- $1 schema text
-- $2 heir text
update facts.targets set schema = $2 where schema = $1;

-- name: remark
-- The marks of one target become those of another.
-- $1 target text
-- $2 heir text
update facts.marks set target = $2 where target = $1;
