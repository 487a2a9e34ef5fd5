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
-- Adds to counts, and to those over all days.
-- $1 store int
-- $2 dimensions text[]
-- $3 days date[]
-- $4 keys text[]
-- $5 statements bigint[]
-- $6 voided bigint[]
with added as materialized (
    select *
      from unnest($2::text[], $3::date[], $4::text[], $5::bigint[], $6::bigint[])
           n (dimension, day, key, statements, voided)
), counted as (
    insert into statistics.counts as c (store, dimension, day, key, statements, voided)
    select $1, * from added
    on conflict (store, dimension, day, key) do update
       set statements = c.statements + excluded.statements,
           voided = c.voided + excluded.voided
)
insert into statistics.totals as t (store, dimension, first_day, key, statements, voided)
select $1, a.dimension, min(a.day), a.key, sum(a.statements), sum(a.voided)
  from added a
 where a.dimension <> 'day'
 group by a.dimension, a.key
on conflict (store, dimension, key) do update
   set first_day = least(t.first_day, excluded.first_day),
       statements = t.statements + excluded.statements,
       voided = t.voided + excluded.voided;

-- name: newly_voided
-- Of all statements: those that are voided as of the last of some positions and were not before the first. One is voided
-- from its first voiding statement on, or from the start where that came before it; what voids cannot be voided.
-- $1 store int
-- $2 first bigint
-- $3 last bigint
with targets as (
    select s.target as id
      from statements.statements s
     where s.store = $1 and s.position between $2 and $3 and s.voiding
    union
    select e.subject
      from statements.voided v
      join log.events e on e.store = $1 and e.position = v.position
     where v.store = $1 and v.position between $2 and $3
)
select e.position, e.subject, e.stored, p.payload, p.filled
  from targets t
 -- Looked up one by one: there are few, and the planner would join whole tables for more.
 cross join lateral (
       select min(v.position) as position
         from statements.statements v
        where v.store = $1 and v.target = t.id and v.voiding) by
 cross join lateral (
       select e.position, e.subject, e.stored
         from log.events e
         join statements.statements s on s.store = e.store and s.position = e.position and not s.voiding
        where e.store = $1 and e.kind = 1 and e.subject = t.id
        limit 1) e
  join log.payloads p on p.store = $1 and p.position = e.position
 where greatest(e.position, by.position) between $2 and $3;

-- name: void
-- Statements that are found no more.
-- $1 store int
-- $2 positions bigint[]
update statistics.statements set voided = true where store = $1 and position = any($2);
