-- name: waiting
-- Statements before a position that refer to one of these ids, directly or through others.
-- $1 store int
-- $2 ids uuid[]
-- $3 before bigint
with recursive waiting as (
    select s.position, s.target, s.voiding
      from statements.statements s
     where s.store = $1 and s.target = any($2) and s.position < $3
    union
    select s.position, w.target, false
      from waiting w
      join log.events e on e.store = $1 and e.position = w.position
      join statements.statements s on s.store = $1 and s.target = e.subject and s.position < $3
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

-- name: void
-- Statements that are voided from now on.
-- $1 store int
-- $2 positions bigint[]
insert into statements.voided (store, position)
select $1, * from unnest($2::bigint[])
on conflict do nothing;
