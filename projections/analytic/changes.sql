-- name: head
-- What is recorded of a projection in a store, and whether it has lapsed; no row where it never was.
-- $1 store int
-- $2 projection text
-- $3 days int
select number, since, until < clock_timestamp() as lapsed,
       until < clock_timestamp() + make_interval(days => $3 - 1) as ends
  from changes.heads
 where store = $1 and projection = $2;

-- name: begin
-- Begins to record, from the end of the log as it is.
-- $1 store int
-- $2 projection text
-- $3 days int
insert into changes.heads (store, projection, since, until)
values ($1, $2, (select position from log.heads where store = $1), clock_timestamp() + make_interval(days => $3))
on conflict on constraint a_projection_has_one_head do nothing;

-- name: prolong
-- Goes on recording for some days more.
-- $1 store int
-- $2 projection text
-- $3 days int
update changes.heads
   set until = clock_timestamp() + make_interval(days => $3)
 where store = $1 and projection = $2 and until >= clock_timestamp();

-- name: resume
-- Begins to record again, where it has lapsed, behind a change that says that some are missing.
-- $1 store int
-- $2 projection text
-- $3 days int
with head as (
    update changes.heads
       set number = number + 1,
           since = (select position from log.heads where store = $1),
           until = clock_timestamp() + make_interval(days => $3)
     where store = $1 and projection = $2 and until < clock_timestamp()
    returning number, since)
insert into changes.rows (store, projection, number, position, "table", owner, key, what)
select $1, $2, number, since, '', '', '[]', 'gap' from head;

-- name: recording
-- The last number given, if changes are recorded now.
-- $1 store int
-- $2 projection text
select number from changes.heads where store = $1 and projection = $2 and until > clock_timestamp();

-- name: add
-- Changes in order, numbered on from `number`.
-- $1 store int
-- $2 projection text
-- $3 number bigint
-- $4 position bigint
-- $5 tables text[]
-- $6 owners text[]
-- $7 keys text[]
-- $8 whats text[]
-- $9 befores text[]
-- $10 rows text[]
insert into changes.rows (store, projection, number, position, "table", owner, key, what, before, row)
select $1, $2, $3 + c.n, $4, c."table", c.owner, c.key::jsonb, c.what, c.before::jsonb, c.row::jsonb
  from unnest($5::text[], $6::text[], $7::text[], $8::text[], $9::text[], $10::text[])
       with ordinality c ("table", owner, key, what, before, row, n);

-- name: move
-- The last number that was given.
-- $1 store int
-- $2 projection text
-- $3 first bigint
-- $4 last bigint
update changes.heads set number = $4 where store = $1 and projection = $2 and number = $3;

-- name: stores
-- The stores in which changes of a projection are recorded now, and the last number given there.
-- $1 projection text
select store, number from changes.heads where projection = $1 and until > clock_timestamp() order by store for update;

-- name: after
-- Changes behind a number.
-- $1 store int
-- $2 projection text
-- $3 number bigint
-- $4 limit bigint
select number, position, at, "table", key, what, before, row
  from changes.rows
 where store = $1 and projection = $2 and number > $3
 order by number
 limit $4;

-- name: first
-- The first change that is kept; null for none.
-- $1 store int
-- $2 projection text
select min(number) as number from changes.rows where store = $1 and projection = $2;

-- name: prune
-- Forgets changes of a projection that are older than some days, or of which nobody wants to know.
-- $1 projection text
-- $2 days int
delete from changes.rows r
 where r.projection = $1
   and (r.at < clock_timestamp() - make_interval(days => $2)
        or r.at < (select h.until from changes.heads h
                    where h.store = r.store and h.projection = r.projection and h.until < clock_timestamp()));

-- name: gap
-- Says of a projection, wherever it is recorded, that rows are to be read anew.
-- $1 projection text
with heads as (
    update changes.heads set number = number + 1
     where projection = $1 and until > clock_timestamp()
    returning store, number, since)
insert into changes.rows (store, projection, number, position, "table", owner, key, what)
select store, $1, number, since, '', '', '[]', 'gap' from heads;
