-- name: looks
-- Looks at the records of a person, or of everybody (*) as readers of the change feed have, the latest first.
-- $1 store int
-- $2 person text
-- $3 before bigint
-- $4 limit bigint
select l.position, e.stored, p.payload
  from access.looks l
  join log.events e on e.store = l.store and e.position = l.position
  left join log.payloads p on p.store = l.store and p.position = l.position
 where l.store = $1 and l.person in ($2, '*') and l.position < $3
 order by l.position desc
 limit $4;
