-- name: begin
-- The checkpoint of a follower in a store, at the beginning of the log, unless it is there.
-- $1 store int
-- $2 follower text
insert into relay.checkpoints (store, follower) values ($1, $2) on conflict do nothing;

-- name: take
-- The lease of a follower, under a new number, if it ran out or is the holder's own, and no transaction works under it.
-- $1 store int
-- $2 follower text
-- $3 holder text
-- $4 seconds float
update relay.checkpoints
   set lease = lease + 1,
       holder = $3,
       expires = clock_timestamp() + make_interval(secs => $4)
 where (store, follower) = (
       select store, follower
         from relay.checkpoints
        where store = $1 and follower = $2 and (expires < clock_timestamp() or holder = $3)
          for update skip locked
       )
returning lease, position;

-- name: fence
-- The position of a checkpoint, which is locked until the transaction ends; no row where the lease is not the last.
-- Who stops in the middle, and so keeps others from it, is cut off after a while. COMMIT does not wait for the disk: a
-- crash of the server takes effect and checkpoint back together, and what the log still has is told again.
-- $1 store int
-- $2 follower text
-- $3 lease bigint
select position, set_config('idle_in_transaction_session_timeout', '15s', true) as patience,
       set_config('synchronous_commit', 'off', true) as durability
  from relay.checkpoints
 where store = $1 and follower = $2 and lease = $3
   for update;

-- name: move
-- A follower's checkpoint, forward only, and only by the holder of its lease, which it renews.
-- $1 store int
-- $2 follower text
-- $3 lease bigint
-- $4 position bigint
-- $5 seconds float
update relay.checkpoints
   set position = $4,
       expires = clock_timestamp() + make_interval(secs => $5)
 where store = $1 and follower = $2 and lease = $3 and position < $4;

-- name: renew
-- The leases of a holder, for as long again; one that a transaction works under renews itself.
-- $1 holder text
-- $2 seconds float
update relay.checkpoints
   set expires = clock_timestamp() + make_interval(secs => $2)
 where (store, follower) in (
       select store, follower
         from relay.checkpoints
        where holder = $1 and expires >= clock_timestamp()
          for update skip locked
       );

-- name: release
-- All leases of a holder, for others to take at once.
-- $1 holder text
update relay.checkpoints set holder = null, expires = '-infinity' where holder = $1;

-- name: rewind
-- A checkpoint back to a position; whoever holds the lease has lost it.
-- $1 store int
-- $2 follower text
-- $3 position bigint
update relay.checkpoints
   set position = least(position, $3),
       lease = lease + 1,
       holder = null,
       expires = '-infinity'
 where store = $1 and follower = $2;

-- name: lock
-- Locks a follower's checkpoints in every store, so that it stands still until the transaction ends.
-- $1 follower text
select store, position from relay.checkpoints where follower = $1 order by store for update;

-- name: drop
-- Forgets a follower.
-- $1 follower text
delete from relay.checkpoints where follower = $1;

-- name: succeed
-- Gives a follower the checkpoints of another, which is forgotten with its leases.
-- $1 follower text
-- $2 heir text
with gone as (
    delete from relay.checkpoints where follower = $1 returning store, position
)
insert into relay.checkpoints (store, follower, position)
select store, $2::text, position from gone
on conflict (store, follower) do update
   set position = excluded.position,
       lease = relay.checkpoints.lease + 1,
       holder = null,
       expires = '-infinity';

-- name: lag
-- How far a follower has come in each store, where the log ends, and how old the first event is that it has yet to see.
-- $1 follower text
select h.store,
       coalesce(c.position, 0) as position,
       h.position as head,
       coalesce(extract(epoch from clock_timestamp() - e.stored), 0)::float as seconds
  from log.heads h
  left join relay.checkpoints c on c.store = h.store and c.follower = $1
  left join log.events e on e.store = h.store and e.position = coalesce(c.position, 0) + 1
 where h.store <> 0
 order by h.store;

-- name: waiting
-- The stores whose log goes on beyond a follower's checkpoint.
-- $1 follower text
select h.store
  from log.heads h
  left join relay.checkpoints c on c.store = h.store and c.follower = $1
 where h.store <> 0 and h.position > coalesce(c.position, 0)
 order by h.store;
