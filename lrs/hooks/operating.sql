-- name: progress
-- How far the hooks of a store have come (those that are told no events by numbers of their own), how many messages of
-- each have failed and wait, and what each has parked.
-- $1 store int
select h.id,
       (select case when c.position < 4611686018427387904 then c.position
                    else (select u.value::bigint from hooks.cursors u
                           where u.store = $1 and u.hook = h.id and u.name = 'number') end
          from relay.checkpoints c where c.store = $1 and c.follower = any(h.names)) as position,
       (select count(*) from hooks.pending p where p.store = $1 and p.hook = h.id and p.attempts > 0) as pending,
       (select count(*) from relay.parked k where k.store = $1 and k.follower = any(h.names)) as parked
  from (select id, array_agg(distinct convert_from(state, 'UTF8')::json ->> 'kind' || ':' || id) as names
          from hooks.hooks
         where store = $1
         group by id) h;
