-- name: behind
-- Whose checkpoint lies before the end of its store's log, of these carriers.
-- $1 followers text[]
select c.follower, c.store
  from relay.checkpoints c
  join log.heads h on h.store = c.store
 where c.follower = any($1) and h.position > c.position;

-- name: lags
-- How far each of these carriers is behind: events, and the age of the first that it has yet to carry; the worst of
-- its stores.
-- $1 followers text[]
select c.follower,
       max(greatest(h.position - c.position, 0)) as events,
       max(coalesce(extract(epoch from clock_timestamp() - e.stored), 0))::float as seconds
  from relay.checkpoints c
  join log.heads h on h.store = c.store
  left join log.events e on e.store = c.store and e.position = c.position + 1
 where c.follower = any($1)
 group by c.follower;
