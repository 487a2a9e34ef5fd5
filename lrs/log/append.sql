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

-- name: advance
-- The head moved over a group whose first `stored` is $3; an error with code LRS01 where it is elsewhere.
-- A head that is held by a load stays so only while every event keeps its own time.
-- $1 store int
-- $2 after bigint
-- $3 first timestamptz
-- $4 position bigint
-- $5 floor timestamptz
-- $6 keeps_times boolean
select log.advance($1, $2, $3, $4, $5, $6) as store;

-- name: insert_events
-- Events.
-- $1 store int
-- $2 positions bigint[]
-- $3 kinds smallint[]
-- $4 stored timestamptz[]
-- $5 credentials text[]
-- $6 subjects uuid[]
-- $7 commitments bytea[]
-- $8 leaves bytea[]
insert into log.events (store, position, kind, stored, credential, subject, commitment, leaf)
select $1, * from unnest($2::bigint[], $3::smallint[], $4::timestamptz[], $5::text[], $6::uuid[], $7::bytea[],
                         $8::bytea[]);

-- name: insert_payloads
-- What the events hold.
-- $1 store int
-- $2 positions bigint[]
-- $3 payloads bytea[]
-- $4 filled bytea[]
-- $5 salts bytea[]
insert into log.payloads (store, position, payload, filled, salt)
select $1, * from unnest($2::bigint[], $3::bytea[], $4::bytea[], $5::bytea[]);

-- name: insert_blobs
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
