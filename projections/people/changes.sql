-- name: insert
-- Names of agents, each kept at its first appearance.
-- $1 store int
-- $2 agents bigint[]
-- $3 digests bigint[]
-- $4 positions bigint[]
-- $5 names bytea[]
insert into people.names (store, agent, digest, position, name)
select $1, * from unnest($2::bigint[], $3::bigint[], $4::bigint[], $5::bytea[])
on conflict do nothing;
