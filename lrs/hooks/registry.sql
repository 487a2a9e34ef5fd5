-- name: add
-- A new version of a hook, unless it has changed since the one at `after` (0: there was none), or another of the store
-- has its name.
-- $1 store int
-- $2 id uuid
-- $3 position bigint
-- $4 name text
-- $5 state bytea
-- $6 after bigint
insert into hooks.hooks (store, id, position, name, state)
select $1, $2, $3, $4, $5
 where coalesce((select max(position) from hooks.hooks where store = $1 and id = $2), 0) = $6
   and not exists (
       select from (select distinct on (id) id, name
                      from hooks.hooks
                     where store = $1
                     order by id, position desc) latest
        where latest.name = $4 and latest.id <> $2 and latest.name <> '');

-- name: of_store
-- The latest version of every hook of a store, by name; `created` is the position of the first. Removed ones have none.
-- $1 store int
select *
  from (select distinct on (id) store, id, position, name, state, min(position) over (partition by id) as created
          from hooks.hooks
         where store = $1
         order by id, position desc) latest
 where name <> ''
 order by name;

-- name: all
-- The latest version of every hook of every store.
select *
  from (select distinct on (store, id) store, id, position, name, state,
               min(position) over (partition by store, id) as created
          from hooks.hooks
         order by store, id, position desc) latest
 where name <> ''
 order by store, name;

-- name: secrets
-- The secrets of a hook that are good now, the newest of each name first.
-- $1 store int
-- $2 hook uuid
select name, sealed, since, until
  from hooks.secrets
 where store = $1 and hook = $2 and (until is null or until > clock_timestamp())
 order by name, since desc;

-- name: replace_secret
-- Has the secrets of a name end, at once or after a while.
-- $1 store int
-- $2 hook uuid
-- $3 name text
-- $4 overlap interval
update hooks.secrets
   set until = least(until, clock_timestamp() + $4)
 where store = $1 and hook = $2 and name = $3;

-- name: add_secret
-- A secret of a hook, good from now on.
-- $1 store int
-- $2 hook uuid
-- $3 name text
-- $4 sealed bytea
insert into hooks.secrets (store, hook, name, since, sealed) values ($1, $2, $3, clock_timestamp(), $4);

-- name: forget_secrets
-- Forgets the secrets of a hook that are good no more.
-- $1 store int
-- $2 hook uuid
delete from hooks.secrets where store = $1 and hook = $2 and until < clock_timestamp();

-- name: remove
-- Forgets all of a hook but its versions.
-- $1 store int
-- $2 hook uuid
with secrets as (delete from hooks.secrets where store = $1 and hook = $2),
     pending as (delete from hooks.pending where store = $1 and hook = $2),
     deliveries as (delete from hooks.deliveries where store = $1 and hook = $2),
     failing as (delete from hooks.failing where store = $1 and hook = $2),
     runs as (delete from hooks.runs where store = $1 and hook = $2),
     outbox as (delete from hooks.outbox where store = $1 and hook = $2)
delete from hooks.cursors where store = $1 and hook = $2;

-- name: revive
-- Forgets that a hook was failing, and has it try at once what is pending.
-- $1 store int
-- $2 hook uuid
with failing as (delete from hooks.failing where store = $1 and hook = $2)
update hooks.pending set due = clock_timestamp() where store = $1 and hook = $2;

-- name: failing
-- Since when hooks of a store fail, and by what.
-- $1 store int
select hook, since, error from hooks.failing where store = $1;
