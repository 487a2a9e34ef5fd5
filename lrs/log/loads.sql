-- name: begin
-- A load of a file, unless there is one that is not finished.
-- $1 store int
-- $2 digest bytea
-- $3 credential text
-- $4 version text
-- $5 mark text
insert into log.loads (store, digest, credential, version, previous, mark)
values ($1, $2, $3, $4, $5, $5)
on conflict do nothing;

-- name: unfinished
-- The load of a file that is not finished.
-- $1 store int
-- $2 digest bytea
-- $3 credential text
-- $4 version text
select id, previous, mark, loaded, known, refused, without_data
  from log.loads
 where store = $1 and digest = $2 and credential is not distinct from $3 and version = $4 and finished is null;

-- name: get
-- A load by its id.
-- $1 id bigint
select id, previous, mark, loaded, known, refused, without_data from log.loads where id = $1;

-- name: advance
-- A load one step further, unless it is not where the step begins.
-- $1 id bigint
-- $2 before text
-- $3 after text
-- $4 loaded bigint
-- $5 known bigint
-- $6 refused bigint
-- $7 without_data bigint
update log.loads
   set previous = mark,
       mark = $3,
       loaded = loaded + $4,
       known = known + $5,
       refused = refused + $6,
       without_data = without_data + $7
 where id = $1 and mark = $2 and finished is null;

-- name: finish
-- A load that has come to the end of its file.
-- $1 id bigint
update log.loads set finished = clock_timestamp() where id = $1;

-- name: hold
-- Keeps the floor of a store from being raised by readers, if its log holds nothing but what was loaded with times of
-- its own; while that is nothing at all, nobody was told of a floor, and it falls to where the first time may be.
-- $1 store int
-- $2 oldest timestamptz
update log.heads
   set held = true,
       floor = case when position = 0 then $2 else floor end
 where store = $1
   and position = (select coalesce(sum(loaded), 0) from log.loads where store = $1 and credential is null);
