-- name: void
-- Remembers that statements are voided, also those that have yet to come; of several voids the first in the log.
-- $1 store int
-- $2 statements uuid[]
-- $3 positions bigint[]
insert into facts.voids (store, statement, position)
select $1, v.statement, min(v.position)
  from unnest($2::uuid[], $3::bigint[]) v (statement, position)
 group by v.statement
on conflict (store, statement) do update set position = excluded.position where excluded.position < voids.position;

-- name: voided
-- Which of some statements are voided, and where.
-- $1 store int
-- $2 statements uuid[]
select statement, position from facts.voids where store = $1 and statement = any($2);

-- name: places
-- The positions of those of some statements that are there.
-- $1 store int
-- $2 statements uuid[]
select subject, position from log.events where store = $1 and kind = 1 and subject = any($2);

-- name: end
-- Ends the facts of the statements at some positions that live longer; the facts.
-- $1 store int
-- $2 places bigint[]
-- $3 positions bigint[]
update facts.facts f
   set until = v.position
  from unnest($2::bigint[], $3::bigint[]) v (place, position)
 where f.store = $1 and f.position = any($2) and f.position = v.place and (f.until is null or f.until > v.position)
returning f.body, v.position;

-- name: live_of
-- The live facts of the statements at some positions.
-- $1 store int
-- $2 places bigint[]
select position, body
  from facts.facts
 where store = $1 and position = any($2) and until is null
 order by position, n;

-- name: naming
-- The live facts that name some agents or cohorts.
-- $1 store int
-- $2 agents bigint[]
-- $3 cohorts bigint[]
select body from facts.facts where store = $1 and subject = any($2) and until is null
union
select body from facts.facts where store = $1 and other = any($2) and until is null
union
select body from facts.facts where store = $1 and cohort = any($3) and until is null;

-- name: page
-- Live facts that began no later than a position, in the order of their statements, some at a time.
-- $1 store int
-- $2 through bigint
-- $3 position bigint
-- $4 n smallint
-- $5 limit bigint
select position, n, body
  from facts.facts
 where store = $1 and (position, n) > ($3, $4) and since <= $2 and until is null
 order by position, n
 limit $5;

-- name: since
-- The facts that began or ended at a position or later.
-- $1 store int
-- $2 position bigint
select body from facts.facts where store = $1 and (since >= $2 or until >= $2);

-- name: latest
-- Live facts of some kinds that came last, the last first.
-- $1 store int
-- $2 kinds text[]
-- $3 limit bigint
select body from facts.facts where store = $1 and kind = any($2) and until is null order by since desc limit $3;

-- name: between
-- Facts that began after a position and are live at a later one, and those that were live at the first and are not any
-- more at the later.
-- $1 store int
-- $2 kinds text[]
-- $3 after bigint
-- $4 through bigint
-- $5 limit bigint
select f.until is null or f.until > $4 as is_live, f.body
  from facts.facts f
 where f.store = $1 and f.since > $3 and f.since <= $4 and (f.until is null or f.until > $4) and f.kind = any($2)
 union all
select false, f.body
  from facts.facts f
 where f.store = $1 and f.until > $3 and f.until <= $4 and f.since <= $3 and f.kind = any($2)
 limit $5;

-- name: by_subject
-- Facts of some kinds about agents, live at a position, each agent's in a range of time.
-- $1 store int
-- $2 kinds text[]
-- $3 at bigint
-- $4 hashes bigint[]
-- $5 since timestamptz[]
-- $6 until timestamptz[]
select f.subject as hash, f.body
  from unnest($4::bigint[], $5::timestamptz[], $6::timestamptz[]) w (hash, since, until)
  join facts.facts f
    on f.store = $1 and f.subject = w.hash and f.observed >= w.since and f.observed < w.until
 where f.kind = any($2) and f.since <= $3 and (f.until is null or f.until > $3);

-- name: by_other
-- Facts of some kinds in which agents are the other person, live at a position, each agent's in a range of time.
-- $1 store int
-- $2 kinds text[]
-- $3 at bigint
-- $4 hashes bigint[]
-- $5 since timestamptz[]
-- $6 until timestamptz[]
select f.other as hash, f.body
  from unnest($4::bigint[], $5::timestamptz[], $6::timestamptz[]) w (hash, since, until)
  join facts.facts f
    on f.store = $1 and f.other = w.hash and f.observed >= w.since and f.observed < w.until
 where f.kind = any($2) and f.since <= $3 and (f.until is null or f.until > $3);

-- name: by_cohort
-- Facts of some kinds about cohorts, live at a position, each cohort's in a range of time.
-- $1 store int
-- $2 kinds text[]
-- $3 at bigint
-- $4 hashes bigint[]
-- $5 since timestamptz[]
-- $6 until timestamptz[]
select f.cohort as hash, f.body
  from unnest($4::bigint[], $5::timestamptz[], $6::timestamptz[]) w (hash, since, until)
  join facts.facts f
    on f.store = $1 and f.cohort = w.hash and f.observed >= w.since and f.observed < w.until
 where f.kind = any($2) and f.since <= $3 and (f.until is null or f.until > $3);

-- name: asked
-- The positions of statements before another at which any of these was asked; a replay has yet to come to the others.
-- $1 store int
-- $2 asked bigint[]
-- $3 before bigint
select distinct p.position
  from facts.asked a, unnest(a.positions) p (position)
 where a.store = $1 and a.asked = any($2) and p.position < $3
 order by p.position;

-- name: identify
-- Remembers which identifiers some hashes stand for; in one order, as several may do so at once.
-- $1 store int
-- $2 hashes bigint[]
-- $3 ifis text[]
insert into facts.identities (store, hash, ifi)
select $1, i.hash, i.ifi from unnest($2::bigint[], $3::text[]) i (hash, ifi) order by i.hash
on conflict do nothing;

-- name: identities
-- Who is named by facts, and how often as subject of those live at a position.
-- $1 store int
-- $2 at bigint
select i.ifi, count(f.store) as facts
  from facts.identities i
  left join facts.facts f
    on f.store = i.store and f.subject = i.hash and f.since <= $2 and (f.until is null or f.until > $2)
 where i.store = $1
 group by i.ifi
 order by facts desc, i.ifi;

-- name: match
-- Forgets that statements were unmatched.
-- $1 store int
-- $2 positions bigint[]
delete from facts.unmatched where store = $1 and position = any($2);

-- name: unmatched
-- How many statements up to a position no rule took, by verb and type, most first, with the last of them.
-- $1 store int
-- $2 through bigint
select verb, type, count(*) as statements, max(position) as last_position
  from facts.unmatched
 where store = $1 and position <= $2
 group by verb, type
 order by statements desc, verb, type;

-- name: apply
-- Notes the last event of reference data that was taken in.
-- $1 store int
-- $2 position bigint
insert into facts.applied (store, position) values ($1, $2)
on conflict (store) do update set position = excluded.position;

-- name: applied
-- The last event of reference data that was taken in; 0 for none.
-- $1 store int
select coalesce((select position from facts.applied where store = $1), 0) as position;

-- name: anew
-- Leaves tokens of no round for a target: what is known of its rows is to be read again.
-- $1 target text
insert into facts.rounds (store, target, token)
select id, $1, gen_random_uuid() from log.stores where id <> 0
on conflict (store, target) do update set token = excluded.token;

-- name: targets
-- What is computed from these facts, and in which schema.
select name, schema, version from facts.targets order by schema;

-- name: rewind_facts
-- Takes back what events at a position and later brought about: the facts that they began.
-- $1 store int
-- $2 position bigint
delete from facts.facts where store = $1 and since >= $2;

-- name: rewind_ends
-- Takes back the ends of facts at a position and later.
-- $1 store int
-- $2 position bigint
update facts.facts set until = null where store = $1 and until >= $2;

-- name: rewind_voids
-- Takes back voids at a position and later.
-- $1 store int
-- $2 position bigint
delete from facts.voids where store = $1 and position >= $2;

-- name: rewind_applied
-- Forgets reference data that was taken in at a position and later.
-- $1 store int
-- $2 position bigint
update facts.applied set position = least(position, $2::bigint - 1) where store = $1;

-- name: rewind_unmatched
-- Forgets unmatched statements at a position and later.
-- $1 store int
-- $2 position bigint
delete from facts.unmatched where store = $1 and position >= $2;

-- name: mark
-- Marks keys for a target, each since a position.
-- $1 store int
-- $2 target text
-- $3 position bigint
-- $4 keys text[]
-- $5 positions bigint[]
insert into facts.marks (store, target, position, keys, positions) values ($1, $2, $3, $4, $5);
