-- name: begin
-- The checkpoint of a carrier in a store, where it starts, unless it is there.
-- $1 store int
-- $2 follower text
-- $3 position bigint
insert into relay.checkpoints (store, follower, position) values ($1, $2, $3) on conflict do nothing;

-- name: fitting
-- The last position that a batch after `position` may reach: so many events, whose content has so many bytes in all;
-- or one that is larger. Null at the end of the log. The position is said of both tables, as in log/read.sql.
-- $1 store int
-- $2 position bigint
-- $3 events bigint
-- $4 bytes bigint
select coalesce(max(position) filter (where total <= $4), min(position)) as position
  from (select e.position,
               sum(coalesce(octet_length(p.payload) + octet_length(p.filled), 0)) over (order by e.position) as total
          from (select position from log.events where store = $1 and position > $2 order by position limit $3) e
          left join log.payloads p on p.store = $1 and p.position = e.position and p.position > $2) sized;

-- name: held
-- The position of a checkpoint; no row where the lease is not the last.
-- $1 store int
-- $2 follower text
-- $3 lease bigint
select position from relay.checkpoints where store = $1 and follower = $2 and lease = $3;
