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

-- name: append
-- Events, their payloads and the new head, at one go; positions are those that the head gave. A floor that is held for
-- a load with times of its own is let go by the first event that has not: nothing older could follow it.
-- $1 store int
-- $2 positions bigint[]
-- $3 kinds smallint[]
-- $4 stored timestamptz[]
-- $5 credentials text[]
-- $6 subjects uuid[]
-- $7 commitments bytea[]
-- $8 leaves bytea[]
-- $9 payloads bytea[]
-- $10 filled bytea[]
-- $11 salts bytea[]
-- $12 head bigint
-- $13 floor timestamptz
-- $14 keeps_times boolean
with events as (
    insert into log.events (store, position, kind, stored, credential, subject, commitment, leaf)
    select $1, *
      from unnest($2::bigint[], $3::smallint[], $4::timestamptz[], $5::text[], $6::uuid[], $7::bytea[], $8::bytea[])
), payloads as (
    insert into log.payloads (store, position, payload, filled, salt)
    select $1, * from unnest($2::bigint[], $9::bytea[], $10::bytea[], $11::bytea[])
)
update log.heads set position = $12, floor = $13, held = held and $14 where store = $1;

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

-- name: hold
-- Keeps a floor from being raised by readers, or lets it go.
-- $1 store int
-- $2 held boolean
update log.heads set held = $2 where store = $1;
