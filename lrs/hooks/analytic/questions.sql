-- name: last
-- The last time that a question was asked.
-- $1 store int
-- $2 hook uuid
select day, known from hooks.runs where store = $1 and hook = $2 order by day desc limit 1;

-- name: run
-- A question that was asked for a day; no row where it was already.
-- $1 store int
-- $2 hook uuid
-- $3 day date
-- $4 position bigint
-- $5 rows int
-- $6 known uuid[]
insert into hooks.runs (store, hook, day, position, rows, known)
values ($1, $2, $3, $4, $5, $6)
on conflict on constraint a_question_is_asked_once_a_day do nothing;

-- name: forget_known
-- Forgets what the answers of earlier days had.
-- $1 store int
-- $2 hook uuid
-- $3 day date
update hooks.runs set known = '{}' where store = $1 and hook = $2 and day < $3 and known <> '{}';

-- name: put
-- Messages that are to be sent, numbered on from what was sent and decided on.
-- $1 store int
-- $2 hook uuid
-- $3 sent bigint
-- $4 messages text[]
-- $5 bodies bytea[]
insert into hooks.outbox (store, hook, number, message, body)
select $1, $2, greatest($3, (select max(number) from hooks.outbox where store = $1 and hook = $2)) + m.n, m.message, m.body
  from unnest($4::text[], $5::bytea[]) with ordinality m (message, body, n);

-- name: after
-- Messages that were decided on, behind a number.
-- $1 store int
-- $2 hook uuid
-- $3 number bigint
-- $4 limit bigint
select number, message, body
  from hooks.outbox
 where store = $1 and hook = $2 and number > $3
 order by number
 limit $4;

-- name: tidy
-- Forgets messages that were sent, some days ago.
-- $1 store int
-- $2 hook uuid
-- $3 sent bigint
-- $4 days int
delete from hooks.outbox
 where store = $1 and hook = $2 and number <= $3 and at < clock_timestamp() - make_interval(days => $4);
