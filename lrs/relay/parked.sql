-- name: park
-- An event or key that a follower could not handle, with its error; the last error, where it was parked before.
-- $1 store int
-- $2 follower text
-- $3 position bigint
-- $4 key text
-- $5 error text
insert into relay.parked (store, follower, position, key, error)
values ($1, $2, $3, $4, $5)
on conflict on constraint an_event_is_parked_once do update set error = excluded.error, at = excluded.at;

-- name: mended
-- Forgets what was parked of keys that have been handled since.
-- $1 store int
-- $2 follower text
-- $3 keys text[]
delete from relay.parked where store = $1 and follower = $2 and key = any($3) and key <> '';

-- name: from_position
-- Forgets what was parked of a follower from a position on; the keys are told.
-- $1 store int
-- $2 follower text
-- $3 position bigint
delete from relay.parked where store = $1 and follower = $2 and position >= $3 returning key;

-- name: all
-- What followers could not handle, by follower, store and position.
select store, follower, position, key, error, at from relay.parked order by follower, store, position, key;

-- name: counts
-- How much is parked, by follower.
select follower, count(*) as parked from relay.parked group by follower;

-- name: count
-- How much a follower has parked in a store.
-- $1 store int
-- $2 follower text
select count(*) as parked from relay.parked where store = $1 and follower = $2;

-- name: succeed
-- What one follower parked becomes what another did, in place of all that was parked of that.
-- $1 follower text
-- $2 heir text
with gone as (
    delete from relay.parked where follower = $2
)
update relay.parked set follower = $2 where follower = $1;

-- name: drop
-- Forgets all that a follower parked.
-- $1 follower text
delete from relay.parked where follower = $1;
