-- name: definitions
-- What was said of activities, earliest first.
-- $1 store int
-- $2 activities bigint[]
select activity, definition from activities.definitions
 where store = $1 and activity = any($2)
 order by activity, position;
