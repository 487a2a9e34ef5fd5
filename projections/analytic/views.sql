-- name: alone
-- Holds the lock of those who migrate until the transaction ends.
-- $1 number bigint
select pg_advisory_xact_lock($1);

-- name: views
-- The views of the schema analytics.
select c.relname::text as name
  from pg_class c
  join pg_namespace n on n.oid = c.relnamespace
 where n.nspname = 'analytics' and c.relkind = 'v';

-- name: stores
-- Every store but the system's.
select id, name from log.stores where id <> 0 order by id;

-- name: analysts
-- The roles that there are, each with the store that it reads.
select role, store from analytics.analysts;

-- name: exists
-- Whether there is a role of that name.
-- $1 role text
select exists (select from pg_roles where rolname::text = $1);

-- name: note
-- Lets a role read a store.
-- $1 role text
-- $2 store int
insert into analytics.analysts (role, store) values ($1, $2)
on conflict (role) do update set store = excluded.store;

-- name: mark
-- By what the views were made; null for a schema without any.
select obj_description('analytics'::regnamespace, 'pg_namespace');
