-- name: waiting
-- Statements that refer to one of these ids, and the shapes of all that they have inherited.
-- $1 store int
-- $2 ids uuid[]
select s.position,
       array(select a.shape from statements.also a
              where a.store = $1 and a.position = s.position and a.source <> s.position) as shapes
  from unnest($2::uuid[]) as new (id)
  join statements.statements s on s.store = $1 and s.target = new.id;

-- name: referring
-- Whose references lead to positions, directly or through others, with the position that each leads to.
-- $1 store int
-- $2 positions bigint[]
with recursive referring as (
    select p.position, p.position as leads_to from unnest($2::bigint[]) as p (position)
    union
    select s.position, r.leads_to
      from referring r
      join log.events e on e.store = $1 and e.position = r.position
      join statements.statements s on s.store = $1 and s.target = e.subject
)
select position, leads_to from referring where position <> leads_to;

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
