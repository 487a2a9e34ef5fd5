-- name: enter
-- The checkpoint of a follower, for all those who follow its partitions together, `holder`; no row where another has it.
-- $1 store int
-- $2 follower text
-- $3 holder text
-- $4 seconds float
update relay.checkpoints
   set lease = lease + (holder is distinct from $3)::int,
       holder = $3,
       expires = clock_timestamp() + make_interval(secs => $4)
 where store = $1 and follower = $2 and (holder = $3 or expires < clock_timestamp())
returning lease, position;

-- name: begin
-- The checkpoint of a follower, at the beginning of the log, unless it is there.
-- $1 store int
-- $2 follower text
insert into relay.checkpoints (store, follower) values ($1, $2) on conflict do nothing;

-- name: ahead
-- The least position of partitions that count no more, and how far the furthest of them was; null where there are none.
-- $1 store int
-- $2 follower text
-- $3 epoch bigint
-- $4 partitions bigint
select min(position) as least, max(position) as most
  from relay.partitions
 where store = $1 and follower = $2
   and (epoch <> $3 or (select count(*) from relay.partitions where store = $1 and follower = $2) <> $4);

-- name: clear
-- Forgets the partitions of a follower.
-- $1 store int
-- $2 follower text
delete from relay.partitions where store = $1 and follower = $2;

-- name: divide
-- Has every partition begin after a position, unless it has begun.
-- $1 store int
-- $2 follower text
-- $3 partitions int
-- $4 epoch bigint
-- $5 position bigint
insert into relay.partitions (store, follower, partition, epoch, position)
select $1, $2, number, $4, $5 from generate_series(0, $3 - 1) number
on conflict do nothing;

-- name: take
-- The lease of a partition, under a new number: who had it before can move it no more.
-- $1 store int
-- $2 follower text
-- $3 partition int
-- $4 epoch bigint
update relay.partitions
   set lease = lease + 1
 where store = $1 and follower = $2 and partition = $3 and epoch = $4
returning lease, position, next_offset;

-- name: stored
-- When the first event after a position was stored; null at the end of the log.
-- $1 store int
-- $2 position bigint
select stored from log.events where store = $1 and position = $2::bigint + 1;

-- name: fence
-- The position of a partition, locked until the transaction ends; no row where the lease is not the last, or where the
-- follower does not read partitions any more. Who stops in the middle is cut off after a while.
-- $1 store int
-- $2 follower text
-- $3 partition int
-- $4 lease bigint
select p.position, set_config('idle_in_transaction_session_timeout', '15s', true) as patience
  from relay.partitions p
  join relay.checkpoints c on c.store = p.store and c.follower = p.follower and c.lease = p.epoch
 where p.store = $1 and p.follower = $2 and p.partition = $3 and p.lease = $4
   for update of p
   for key share of c;

-- name: apart
-- Held in common by those who write what others' events may bear on, until the transaction ends.
-- $1 number bigint
select pg_advisory_xact_lock_shared($1);

-- name: alone
-- Held alone by those whose events bear on what others write.
-- $1 number bigint
select pg_advisory_xact_lock($1);

-- name: move
-- A partition's checkpoint, forward only.
-- $1 store int
-- $2 follower text
-- $3 partition int
-- $4 lease bigint
-- $5 position bigint
-- $6 next_offset bigint
update relay.partitions
   set position = greatest(position, $5), next_offset = $6
 where store = $1 and follower = $2 and partition = $3 and lease = $4;

-- name: through
-- Brings the checkpoint of a follower to where all of its partitions have come, and holds on to it.
-- $1 store int
-- $2 follower text
-- $3 epoch bigint
-- $4 seconds float
update relay.checkpoints
   set position = greatest(position, (
           select min(position) from relay.partitions where store = $1 and follower = $2 and epoch = $3
           )),
       expires = clock_timestamp() + make_interval(secs => $4)
 where store = $1 and follower = $2 and lease = $3;

-- name: barrier
-- The next event of reference data that the first partition has yet to take in, and how far the others have come.
-- $1 store int
-- $2 follower text
select (select min(e.position)
          from log.events e
         where e.store = $1 and e.kind = 4 and e.position > (
               select position from relay.partitions where store = $1 and follower = $2 and partition = 0)
       ) as reference,
       (select min(position) from relay.partitions where store = $1 and follower = $2 and partition <> 0) as others;

-- name: relayed
-- How far a carrier has come in a store.
-- $1 store int
-- $2 carrier text
select coalesce(max(position), 0) as position from relay.checkpoints where store = $1 and follower = $2;

-- name: lose
-- Has the place of every partition of a store in its topic be found anew.
-- $1 store int
update relay.partitions set next_offset = null, lease = lease + 1 where store = $1;
