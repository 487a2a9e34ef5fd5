-- name: insert
-- Index rows of new statements; answers with those stored earlier that were waiting for one of them, directly or
-- through others. What runs here sees the tables as they were before.
-- $1 store int
-- $2 positions bigint[]
-- $3 agents bigint[]
-- $4 verbs bigint[]
-- $5 activities bigint[]
-- $6 registrations bigint[]
-- $7 authorities bigint[]
-- $8 voiding boolean[]
-- $9 targets uuid[]
-- $10 keys bigint[]
-- $11 sources bigint[]
-- $12 ids uuid[]
with recursive statement as (
    insert into statements.statements
           (store, position, agent, verb, activity, registration, authority, voiding, target)
    select $1, *
      from unnest($2::bigint[], $3::bigint[], $4::bigint[], $5::bigint[], $6::bigint[], $7::bigint[], $8::boolean[],
                  $9::uuid[])
), related as (
    insert into statements.related (store, key, position, source)
    select $1, key, position, position from unnest($10::bigint[], $11::bigint[]) as r (key, position)
), waiting as (
    select s.position, s.target, s.voiding
      from statements.statements s
     where s.store = $1 and s.target = any($12::uuid[])
    union
    select s.position, w.target, false
      from waiting w
      join log.events e on e.store = $1 and e.position = w.position
      join statements.statements s on s.store = $1 and s.target = e.subject
)
select position, target, voiding from waiting;

-- name: targets
-- Of ids that new statements refer to: where they are, whether they void, and whose rows they have inherited.
-- $1 store int
-- $2 ids uuid[]
select e.subject as id, s.position, s.voiding,
       array(select distinct a.source
               from statements.also a
              where a.store = $1 and a.position = s.position and a.source <> s.position) as sources
  from log.events e
  join statements.statements s on s.store = e.store and s.position = e.position
 where e.store = $1 and e.kind = 1 and e.subject = any($2);

-- name: payloads
-- Statements by position, to find again what they can be found by.
-- $1 store int
-- $2 positions bigint[]
select e.position, e.subject as id, p.payload, p.filled
  from log.events e
  join log.payloads p on p.store = e.store and p.position = e.position
 where e.store = $1 and e.position = any($2);

-- name: insert_also
-- Rows for further agents, and rows inherited from the statements referred to.
-- $1 store int
-- $2 positions bigint[]
-- $3 sources bigint[]
-- $4 shapes bigint[]
-- $5 lead boolean[]
-- $6 agents bigint[]
-- $7 verbs bigint[]
-- $8 activities bigint[]
-- $9 registrations bigint[]
-- $10 authorities bigint[]
insert into statements.also
       (store, position, source, shape, lead, agent, verb, activity, registration, authority)
select $1, *
  from unnest($2::bigint[], $3::bigint[], $4::bigint[], $5::boolean[], $6::bigint[], $7::bigint[], $8::bigint[],
              $9::bigint[], $10::bigint[])
on conflict do nothing;

-- name: insert_related
-- Relations inherited from the statements referred to.
-- $1 store int
-- $2 keys bigint[]
-- $3 positions bigint[]
-- $4 sources bigint[]
insert into statements.related (store, key, position, source)
select $1, * from unnest($2::bigint[], $3::bigint[], $4::bigint[]);

-- name: void
-- Statements that are voided from now on.
-- $1 store int
-- $2 positions bigint[]
insert into statements.voided (store, position)
select $1, * from unnest($2::bigint[])
on conflict do nothing;
