-- name: insert
-- Definitions of activities, each kept where it differs from the one before it; one that follows another of the same
-- insert does.
-- $1 store int
-- $2 activities bigint[]
-- $3 positions bigint[]
-- $4 digests bigint[]
-- $5 definitions bytea[]
-- $6 follows boolean[]
insert into activities.definitions (store, activity, position, digest, definition)
select $1, n.activity, n.position, n.digest, n.definition
  from unnest($2::bigint[], $3::bigint[], $4::bigint[], $5::bytea[], $6::boolean[])
    as n (activity, position, digest, definition, follows)
 where n.follows or n.digest is distinct from (
       select d.digest from activities.definitions d
        where d.store = $1 and d.activity = n.activity
        order by d.position desc limit 1);
