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

-- name: mark
-- Marks keys for a target since a position.
-- $1 store int
-- $2 target text
-- $3 position bigint
-- $4 keys text[]
insert into facts.marks (store, target, position, key)
select $1, $2, $3, k.key from unnest($4::text[]) k (key)
on conflict do nothing;

-- name: take
-- Takes marks away, the oldest that no other transaction is taking.
-- $1 store int
-- $2 target text
-- $3 limit bigint
delete from facts.marks
 where ctid = any (array(
       select ctid
         from facts.marks
        where store = $1 and target = $2
        order by position, key
        limit $3
          for update skip locked
       ))
returning position, key;

-- name: lock
-- Locks keys until the transaction ends, those that are free; their numbers.
-- $1 hashes bigint[]
select w.number::int as number
  from unnest($1::bigint[]) with ordinality w (hash, number)
 where pg_try_advisory_xact_lock(w.hash);

-- name: oldest
-- The position since which the oldest key is marked for a target in a store; null if there is none.
-- $1 store int
-- $2 target text
select min(position) as position from facts.marks where store = $1 and target = $2;

-- name: marked
-- How many marks there are for a target in all stores.
-- $1 target text
select count(*) as marks from facts.marks where target = $1;

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
