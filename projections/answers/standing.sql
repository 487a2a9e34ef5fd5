-- name: head
-- The end of a store's log, and when it was stored.
-- $1 store int
select h.position, e.stored
  from log.heads h
  left join log.events e on e.store = h.store and e.position = h.position
 where h.store = $1;

-- name: follower
-- How far a follower has come in a store, and when that was stored.
-- $1 store int
-- $2 follower text
select c.position, e.stored
  from (select coalesce((select position from relay.checkpoints where store = $1 and follower = $2), 0) as position) c
  left join log.events e on e.store = $1 and e.position = c.position;

-- name: ended
-- The facts that were live at a position and are no more.
-- $1 store int
-- $2 position bigint
select body from facts.facts where store = $1 and since <= $2 and until > $2;

-- name: told
-- The last event of some kinds up to a position, and what the last rounds of some projections left.
-- $1 store int
-- $2 position bigint
-- $3 kinds smallint[]
-- $4 targets text[]
select (
         select position
           from log.events
          where store = $1 and position <= $2 and kind = any($3)
          order by position desc
          limit 1
       ) as position,
       (
         select string_agg(target || ' ' || token, ',' order by target)
           from facts.rounds
          where store = $1 and target = any($4)
       ) as rounds;

-- name: stirred
-- Whether a fact observed before a time began or ended behind a position and up to another.
-- $1 store int
-- $2 after bigint
-- $3 through bigint
-- $4 before timestamptz
select exists (
         select from facts.facts where store = $1 and since > $2 and since <= $3 and observed < $4
       )
       or exists (
         select from facts.facts where store = $1 and until > $2 and until <= $3 and observed < $4
       ) as stirred;

-- name: ground
-- The epoch of a store's log, the lease under which its facts are told, and a digest of what followers have set aside.
-- $1 store int
-- $2 facts text
-- $3 followers text[]
select s.epoch,
       coalesce((select c.lease from relay.checkpoints c where c.store = s.id and c.follower = $2), 0) as lease,
       (
         select md5(string_agg(concat_ws(' ', p.follower, p.position, p.key), ',' order by p.follower, p.position, p.key))
           from relay.parked p
          where p.store = s.id and p.follower = any($3)
       ) as parked
  from log.stores s
 where s.id = $1;

-- name: switched
-- Whether a schema of these names is another by now than the one that this transaction sees: names are looked up as of
-- now, rows as of its beginning.
-- $1 names text[]
select exists (
         select
           from unnest($1::text[]) s (name)
           left join pg_namespace n on n.nspname = s.name
          where n.oid is distinct from to_regnamespace(s.name)::oid
       ) as switched;
