-- name: around
-- The statements stored earlier that refer to new ones, each with the shapes of all that it has inherited (`of` is the
-- new one); and those that new ones refer to with all that these have inherited (`of` is the one referred to; shapes are
-- null). Those that were erased are left out.
-- $1 store int
-- $2 ids uuid[]
-- $3 targets uuid[]
select near.of, near.position, near.shapes, stored.id, stored.payload, stored.filled
  from (select s.target as of, s.position,
               array(select a.shape from statements.also a
                      where a.store = $1 and a.position = s.position and a.source <> s.position) as shapes
          from statements.statements s
         where s.store = $1 and s.target = any($2::uuid[]) and s.target is not null
         union all
        select e.subject, inherited.position, null
          from log.events e
         cross join lateral (
               select e.position
                union
               select a.source from statements.also a where a.store = $1 and a.position = e.position) inherited
         where e.store = $1 and e.kind = 1 and e.subject = any($3::uuid[])) near
 -- The limit keeps the planner from joining whole tables, which it takes for small while they grow.
 cross join lateral (
       select e.subject as id, p.payload, p.filled
         from log.events e
         join log.payloads p on p.store = e.store and p.position = e.position
        where e.store = $1 and e.position = near.position
        limit 1) stored;

-- name: nobody_waits
-- Whether no statement refers to one of these ids.
-- $1 store int
-- $2 ids uuid[]
select not exists (select from statements.statements s
                    where s.store = $1 and s.target = any($2::uuid[]) and s.target is not null);

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

-- name: insert
-- Statements.
-- $1 store int
-- $2 positions bigint[]
-- $3 verbs bigint[]
-- $4 authorities bigint[]
-- $5 voiding boolean[]
-- $6 agents bigint[]
-- $7 activities bigint[]
-- $8 registrations bigint[]
-- $9 targets uuid[]
insert into statements.statements
       (store, position, verb, authority, voiding, agent, activity, registration, target)
select $1, *
  from unnest($2::bigint[], $3::bigint[], $4::bigint[], $5::boolean[], $6::bigint[], $7::bigint[], $8::bigint[],
              $9::uuid[]);

-- name: insert_related
-- Agents and activities that statements, or those they refer to, have to do with.
-- $1 store int
-- $2 keys bigint[]
-- $3 positions bigint[]
-- $4 sources bigint[]
insert into statements.related (store, key, position, source)
select $1, * from unnest($2::bigint[], $3::bigint[], $4::bigint[]);

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
