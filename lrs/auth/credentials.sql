-- name: all
-- The latest version of every credential, with the secret of its store.
select distinct on (c.key) c.key, c.position, c.store, c.state, s.secret
  from auth.credentials c
  join log.stores s on s.id = c.store
 order by c.key, c.position desc;

-- name: one
-- The latest version of one credential, with the secret of its store.
-- $1 key text
select c.key, c.position, c.store, c.state, s.secret
  from auth.credentials c
  join log.stores s on s.id = c.store
 where c.key = $1
 order by c.position desc
 limit 1;

-- name: of_store
-- The latest version of every credential of a store, with the secret of the store.
-- $1 store int
select distinct on (c.key) c.key, c.position, c.store, c.state, s.secret
  from auth.credentials c
  join log.stores s on s.id = c.store
 where c.store = $1
 order by c.key, c.position desc;

-- name: add
-- A new version of a credential, unless it has changed since the one at position `after` (0: there was none). Every
-- server process hears of it when the transaction commits.
-- $1 key text
-- $2 position bigint
-- $3 store int
-- $4 state bytea
-- $5 after bigint
with version as (
    insert into auth.credentials (key, position, store, state)
    select $1, $2, $3, $4
     where coalesce((select max(position) from auth.credentials where key = $1), 0) = $5
    returning key
)
select pg_notify('lrs_credentials', key) from version;

-- name: beat
-- Whether the connection lives; what was notified before the answer has arrived with it.
select 1;
