-- name: all
-- Every store, the system's own (0) first.
select id, name, uuid, epoch, secret from log.stores order by id;

-- name: create
-- A store under the next id, and the head of its log; the caller holds the head of store 0.
-- $1 name text
-- $2 uuid uuid
-- $3 secret bytea
with store as (
    insert into log.stores (id, name, uuid, secret)
    select max(id) + 1, $1, $2, $3 from log.stores
    returning id
)
insert into log.heads (store) select id from store;
