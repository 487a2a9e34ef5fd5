-- name: get
-- A statement by id, and whether it is voided.
-- $1 store int
-- $2 id uuid
select e.position, e.stored, p.payload, p.filled, s.authority,
       exists (select from statements.voided v where v.store = e.store and v.position = e.position) as voided
  from log.events e
  join log.payloads p on p.store = e.store and p.position = e.position
  join statements.statements s on s.store = e.store and s.position = e.position
 where e.store = $1 and e.kind = 1 and e.subject = $2;

-- name: window
-- The positions between two times: after the first, up to the second; and the floor as it was at that moment.
-- $1 store int
-- $2 since timestamptz
-- $3 until timestamptz
select case when $2::timestamptz is null then 0 else log.position_at($1, $2) end as after,
       case when $3::timestamptz is null then null else log.position_at($1, $3) end as through,
       h.floor
  from log.heads h
 where h.store = $1;

-- name: page
-- Statements at the positions that {found} gives (see plan.py), and the floor as it was when they were looked up.
-- $1 store int
select h.floor, found.position, e.stored, p.payload, p.filled
  from log.heads h
  left join lateral ({found}) found on true
  left join log.events e on e.store = $1 and e.position = found.position
  left join log.payloads p on p.store = $1 and p.position = found.position
 where h.store = $1
 order by found.position {order};
