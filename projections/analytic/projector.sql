-- name: stores
-- The stores in which keys are marked for a target.
-- $1 target text
select s.id
  from log.stores s
 where exists (select from facts.marks m where m.store = s.id and m.target = $1)
 order by s.id;

-- name: enter
-- Holds the lock of those who write rows in common until the transaction ends.
-- $1 number bigint
select pg_advisory_xact_lock_shared($1);

-- name: switch
-- Holds that lock alone.
-- $1 number bigint
select pg_advisory_xact_lock($1);

-- name: take
-- Takes marks away that no other transaction is taking: those of the keys that are marked longest.
-- $1 store int
-- $2 target text
-- $3 limit bigint
delete from facts.marks
 where ctid = any (array(
       select m.ctid
         from facts.marks m
        where m.store = $1 and m.target = $2 and m.key = any (array(
              select o.key from facts.marks o where o.store = $1 and o.target = $2 order by o.position limit $3
              ))
          for update skip locked
       ))
returning position, key;

-- name: lock
-- Locks keys until the transaction ends, those that are free; their numbers.
-- $1 hashes bigint[]
select w.number::int as number
  from unnest($1::bigint[]) with ordinality w (hash, number)
 where pg_try_advisory_xact_lock(w.hash);

-- name: marked
-- How many keys are marked for a target in a store.
-- $1 store int
-- $2 target text
select count(distinct key) as marks from facts.marks where store = $1 and target = $2;

-- name: through
-- Up to which position the rows of a target hold in a store, and when that was stored.
-- $1 store int
-- $2 target text
-- $3 follower text
select t.position, e.stored
  from (
       select least(
              coalesce((select position from relay.checkpoints where store = $1 and follower = $3), 0),
              (select min(position) - 1 from facts.marks where store = $1 and target = $2)
              ) as position
       ) t
  left join log.events e on e.store = $1 and e.position = t.position;
