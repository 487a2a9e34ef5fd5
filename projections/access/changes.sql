-- name: add
-- Looks at the records of persons.
-- $1 store int
-- $2 people text[]
-- $3 positions bigint[]
insert into access.looks (store, person, position)
select $1, person, position from unnest($2::text[], $3::bigint[]) as look (person, position);
