-- name: name_terms
-- What terms stand for.
-- $1 store int
-- $2 terms bigint[]
-- $3 paths text[]
-- $4 values text[]
insert into statistics.terms (store, term, path, value)
select $1, * from unnest($2::bigint[], $3::text[], $4::text[])
on conflict do nothing;

-- name: count
-- Adds to counts.
-- $1 store int
-- $2 dimensions text[]
-- $3 days date[]
-- $4 keys text[]
-- $5 statements bigint[]
-- $6 voided bigint[]
insert into statistics.counts as c (store, dimension, day, key, statements, voided)
select $1, * from unnest($2::text[], $3::date[], $4::text[], $5::bigint[], $6::bigint[])
on conflict (store, dimension, day, key) do update
   set statements = c.statements + excluded.statements,
       voided = c.voided + excluded.voided;

-- name: total
-- Adds to counts over all days.
-- $1 store int
-- $2 dimensions text[]
-- $3 days date[]
-- $4 keys text[]
-- $5 statements bigint[]
-- $6 voided bigint[]
insert into statistics.totals as t (store, dimension, first_day, key, statements, voided)
select $1, n.dimension, min(n.day), n.key, sum(n.statements), sum(n.voided)
  from unnest($2::text[], $3::date[], $4::text[], $5::bigint[], $6::bigint[])
       n (dimension, day, key, statements, voided)
 where n.dimension <> 'day'
 group by n.dimension, n.key
on conflict (store, dimension, key) do update
   set first_day = least(t.first_day, excluded.first_day),
       statements = t.statements + excluded.statements,
       voided = t.voided + excluded.voided;

-- name: newly_voided
-- Of the statements at some positions: those that are voided as of the last of these and were not before the first. One
-- is voided from its first voiding statement on, or from the start where that came before it; what voids cannot be voided.
-- $1 store int
-- $2 positions bigint[]
with batch as (
    select min(p) as first, max(p) as last from unnest($2::bigint[]) p
), targets as (
    select s.target as id
      from statements.statements s, unnest($2::bigint[]) p
     where s.store = $1 and s.position = p and s.voiding
    union
    select e.subject
      from log.events e, unnest($2::bigint[]) p
     where e.store = $1 and e.position = p and e.kind = 1
), voided as (
    select e.position, e.subject, min(v.position) as by_position
      from targets t
      join log.events e on e.store = $1 and e.kind = 1 and e.subject = t.id
      join statements.statements v on v.store = $1 and v.target = t.id and v.voiding
      join statements.statements s on s.store = $1 and s.position = e.position and not s.voiding
     group by e.position, e.subject
)
select v.position, v.subject, e.stored, p.payload, p.filled
  from voided v
  join log.events e on e.store = $1 and e.position = v.position
  join log.payloads p on p.store = $1 and p.position = v.position
 cross join batch b
 where greatest(v.position, v.by_position) between b.first and b.last;

-- name: void
-- Statements that are found no more.
-- $1 store int
-- $2 positions bigint[]
update statistics.statements set voided = true where store = $1 and position = any($2);
