-- name: stores
-- The stores in which keys are marked for a target.
-- $1 target text
select s.id
  from log.stores s
 where exists (select from facts.marks m where m.store = s.id and m.target = $1)
 order by s.id;

-- name: enter
-- Holds the lock of those who write rows in common, and alone that of a target in a store, if nobody else does, until
-- the transaction ends.
-- $1 number bigint
-- $2 alone bigint
select pg_try_advisory_xact_lock($2) as alone from (select pg_advisory_xact_lock_shared($1)) entered;

-- name: switch
-- Holds that lock alone.
-- $1 number bigint
select pg_advisory_xact_lock($1);

-- name: bound
-- How far facts have come; whether those beyond are not to be used yet, as they are, or were until another takes it
-- back, followed in partitions.
-- $1 store int
-- $2 follower text
select c.position,
       exists (select from relay.partitions p where p.store = c.store and p.follower = c.follower) as is_apart
  from relay.checkpoints c
 where c.store = $1 and c.follower = $2;

-- name: leave
-- Leaves the token of a round; the one that was there.
-- $1 store int
-- $2 target text
-- $3 token uuid
insert into facts.rounds (store, target, token) values ($1, $2, $3)
on conflict (store, target) do update set token = excluded.token
returning (select r.token from facts.rounds r where r.store = $1 and r.target = $2) as before;

-- name: last
-- What the last round of a target left, if there was any.
-- $1 store int
-- $2 target text
select token from facts.rounds where store = $1 and target = $2;

-- name: soon
-- Has COMMIT not wait for the disk: a crash of the server takes rows and the marks' absence back together, and the rows
-- are computed again.
select set_config('synchronous_commit', 'off', true) as durability;

-- name: take
-- Takes all marks of a target away that begin up to a position.
-- $1 store int
-- $2 target text
-- $3 through bigint
delete from facts.marks where store = $1 and target = $2 and position <= $3 returning positions, keys;

-- name: marked
-- How many keys are marked for a target in a store.
-- $1 store int
-- $2 target text
select count(distinct key) as marks
  from facts.marks, unnest(keys) key
 where store = $1 and target = $2;

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
