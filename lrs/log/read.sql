-- name: after
-- Events after a position, in order; the payload is null where it was erased. Here and below the position is said of
-- both tables: the planner does not infer it, and would read every payload from the first.
-- $1 store int
-- $2 position bigint
-- $3 limit bigint
select e.position, e.kind, e.stored, e.credential, e.subject, e.commitment, e.leaf, p.payload, p.filled, p.salt
  from log.events e
  left join log.payloads p on p.store = e.store and p.position = e.position and p.position > $2
 where e.store = $1 and e.position > $2
 order by e.position
 limit $3;

-- name: head
-- The end of a store's log.
-- $1 store int
select h.position, h.floor, e.leaf
  from log.heads h
  left join log.events e on e.store = h.store and e.position = h.position
 where h.store = $1;

-- name: told
-- Events after a position, in order, with what followers need of them.
-- $1 store int
-- $2 position bigint
-- $3 limit bigint
select e.position, e.kind, e.stored, e.subject, p.payload, p.filled
  from log.events e
  left join log.payloads p on p.store = e.store and p.position = e.position and p.position > $2
 where e.store = $1 and e.position > $2
 order by e.position
 limit $3;

-- name: references
-- Events of reference data after a position and up to another, in order.
-- $1 store int
-- $2 position bigint
-- $3 through bigint
select e.position, e.kind, e.stored, e.subject, p.payload, p.filled
  from log.events e
  left join log.payloads p on p.store = e.store and p.position = e.position and p.position > $2
 where e.store = $1 and e.position > $2 and e.position <= $3 and e.kind = 4
 order by e.position;

-- name: statements
-- The statements at some positions, in order.
-- $1 store int
-- $2 positions bigint[]
select e.position, e.kind, e.stored, e.subject, p.payload, p.filled
  from unnest($2::bigint[]) w (position)
  join log.events e on e.store = $1 and e.position = w.position and e.kind = 1
  left join log.payloads p on p.store = e.store and p.position = e.position
 order by e.position;

-- name: span
-- The end of a store's log, and of the events in the positions behind $2, at most $3 of them, those of some kinds, up
-- to so many bytes and one event at least; `total` is how many there would be without the bound on bytes.
-- $1 store int
-- $2 position bigint
-- $3 count bigint
-- $4 kinds smallint[]
-- $5 size bigint
select h.position as head, w.total, w.position, w.kind, w.stored, w.subject, w.payload, w.filled
  from log.heads h
  left join lateral (
       select e.position, e.kind, e.stored, e.subject, p.payload, p.filled,
              count(*) over () as total,
              sum(coalesce(octet_length(p.payload), 0)) over (order by e.position)
                  - coalesce(octet_length(p.payload), 0) as before
         from (select s.position, s.kind, s.stored, s.subject
                 from log.events s
                where s.store = $1 and s.position > $2
                order by s.position
                limit $3) e
         left join log.payloads p on p.store = $1 and p.position = e.position and p.position > $2
        where e.kind = any($4)) w on w.before < $5
 where h.store = $1
 order by w.position;
