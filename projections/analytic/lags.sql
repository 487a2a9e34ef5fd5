-- name: lags
-- How far each follower and each of some projections is behind, in the store where it is most so: in events, and by the
-- age of the first event that it has yet to see. Followers of one kind (`kind:name`) are told as one.
-- $1 projections text[]
with held as (
    select store, split_part(follower, ':', 1) as name, min(position) as position
      from relay.checkpoints
     group by 1, 2
     union all
    select h.store, p.name, least(
               coalesce((select position from relay.checkpoints where store = h.store and follower = 'facts'), 0),
               (select min(position) - 1 from facts.marks where store = h.store and target = p.name)
           )
      from log.heads h, unnest($1::text[]) p (name)
)
select held.name,
       max(h.position - held.position) as behind,
       max(coalesce(extract(epoch from clock_timestamp() - e.stored), 0))::float as seconds
  from held
  join log.heads h using (store)
  left join log.events e on e.store = held.store and e.position = held.position + 1
 where held.store <> 0
 group by 1
 order by 1;
