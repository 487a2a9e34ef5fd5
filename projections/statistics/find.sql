-- name: window
-- The positions between two times of `stored`: after the first, up to the second.
-- $1 store int
-- $2 since timestamptz
-- $3 until timestamptz
select case when $2::timestamptz is null then 0 else log.position_at($1, $2) end as after,
       case when $3::timestamptz is null then 9223372036854775807 else log.position_at($1, $3) end as through;

-- name: statements
-- Statements at some positions, the latest first.
-- $1 store int
-- $2 positions bigint[]
select e.position, e.subject as id, e.stored, p.payload, p.filled
  from log.events e
  join log.payloads p on p.store = e.store and p.position = e.position
 where e.store = $1 and e.position = any($2)
 order by e.position desc;

-- name: sums
-- Counts by one dimension, each day or all days together, with the first of these.
-- $1 store int
-- $2 dimension text
-- $3 since date
-- $4 until date
-- $5 daily boolean
select min(day) as day, key, sum(statements)::bigint as statements, sum(voided)::bigint as voided
  from statistics.counts
 where store = $1 and dimension = $2 and day >= $3 and day < $4
 group by key, case when $5::boolean then day end
 order by 1, 2;

-- name: totals
-- Counts by one dimension over all days, with the first of these.
-- $1 store int
-- $2 dimension text
select first_day as day, key, statements, voided
  from statistics.totals
 where store = $1 and dimension = $2
 order by 1, 2;

-- name: people_of_days
-- How many different agents acted, each day.
-- $1 store int
-- $2 since date
-- $3 until date
select (at at time zone 'UTC')::date as day, '' as key, count(distinct agent) as people
  from statistics.statements
 where store = $1 and at >= $2::date and at < $3::date and not voided
 group by 1;

-- name: people_of_path
-- How many different agents acted with each value of a path, each day or on all days together.
-- $1 store int
-- $2 path text
-- $3 since date
-- $4 until date
-- $5 daily boolean
select case when $5::boolean then (s.at at time zone 'UTC')::date end as day, t.value as key, count(distinct s.agent) as people
  from statistics.statements s
 cross join lateral unnest(s.terms) x (term)
  join statistics.terms t on t.store = s.store and t.term = x.term and t.path = $2
 where s.store = $1 and s.at >= $3::date and s.at < $4::date and not s.voided
 group by 1, 2;
