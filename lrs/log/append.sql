-- name: lock
-- The head of a store's log, held until the transaction ends: appends to one store take turns.
-- $1 store int
select position, floor, clock_timestamp() as clock from log.heads where store = $1 for update;

-- name: known
-- The statements that are stored under ids; the payload is null where it was erased.
-- $1 store int
-- $2 subjects uuid[]
select e.position, e.stored, e.credential, e.subject, p.payload, p.filled
  from log.events e
  left join log.payloads p on p.store = e.store and p.position = e.position
 where e.store = $1 and e.kind = 1 and e.subject = any($2);

-- name: move
-- The head after a group; a head that is held by a load stays so only while every event keeps its own time.
-- $1 store int
-- $2 position bigint
-- $3 floor timestamptz
-- $4 keeps_times boolean
update log.heads set position = $2, floor = $3, held = held and $4 where store = $1;

-- name: add_blobs
-- Attachments' data, each once.
-- $1 store int
-- $2 digests bytea[]
-- $3 contents bytea[]
insert into log.blobs (store, sha2, content)
select $1, * from unnest($2::bytea[], $3::bytea[])
on conflict (store, sha2) do nothing;

-- name: committed
-- The leaf at a position: tells after a lost connection whether the commit took place.
-- $1 store int
-- $2 position bigint
select leaf from log.events where store = $1 and position = $2;

-- name: through
-- The floor of a store, and the clock that gives `stored`.
-- $1 store int
select floor, clock_timestamp() as clock from log.heads where store = $1;

-- name: raise_floor
-- The floor raised to the clock, unless somebody appends at this moment, or loads statements with times of their own.
-- $1 store int
with head as (
    select store from log.heads where store = $1 and not held for update skip locked
)
update log.heads h set floor = greatest(h.floor, clock_timestamp())
  from head where h.store = head.store
returning h.floor;
