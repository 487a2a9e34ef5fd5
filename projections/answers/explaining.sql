-- name: statement
-- A statement by its id, and whether it is voided.
-- $1 store int
-- $2 id uuid
select e.position, e.kind, e.stored, e.subject, p.payload, p.filled,
       exists (select from statements.voided v where v.store = e.store and v.position = e.position) as voided
  from log.events e
  left join log.payloads p on p.store = e.store and p.position = e.position
 where e.store = $1 and e.kind = 1 and e.subject = $2;

-- name: last
-- The last statements of a store.
-- $1 store int
-- $2 limit bigint
select e.position, e.kind, e.stored, e.subject, p.payload, p.filled
  from log.events e
  join log.payloads p on p.store = e.store and p.position = e.position
 where e.store = $1 and e.kind = 1
 order by e.position desc
 limit $2;

-- name: facts
-- Every fact of a statement up to a position, ended ones too; what ended later has not ended.
-- $1 store int
-- $2 position bigint
-- $3 through bigint
select n, since, case when until <= $3 then until end as until, body
  from facts.facts
 where store = $1 and position = $2 and since <= $3
 order by since, n;
