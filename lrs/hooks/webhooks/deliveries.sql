-- name: plan
-- Messages that are about to be sent, so that they are put together the same way should they be sent again.
-- $1 store int
-- $2 hook uuid
-- $3 messages text[]
-- $4 firsts bigint[]
-- $5 lasts bigint[]
-- $6 held bool
insert into hooks.pending (store, hook, message, first, last, held)
select $1, $2, m.message, m.first, m.last, $6
  from unnest($3::text[], $4::bigint[], $5::bigint[]) m (message, first, last)
on conflict on constraint a_message_is_pending_once do nothing;

-- name: ask
-- A message that is to be sent again at once.
-- $1 store int
-- $2 hook uuid
-- $3 message text
-- $4 first bigint
-- $5 last bigint
insert into hooks.pending (store, hook, message, first, last)
values ($1, $2, $3, $4, $5)
on conflict on constraint a_message_is_pending_once do update set due = clock_timestamp();

-- name: failed
-- Messages that have not arrived, and when they are tried again.
-- $1 store int
-- $2 hook uuid
-- $3 messages text[]
-- $4 firsts bigint[]
-- $5 lasts bigint[]
-- $6 attempts int[]
-- $7 seconds float[]
-- $8 held bool
insert into hooks.pending (store, hook, message, first, last, attempts, due, held)
select $1, $2, m.message, m.first, m.last, m.attempts, clock_timestamp() + make_interval(secs => m.seconds), $8
  from unnest($3::text[], $4::bigint[], $5::bigint[], $6::int[], $7::float[])
       m (message, first, last, attempts, seconds)
on conflict on constraint a_message_is_pending_once do update
   set attempts = excluded.attempts, due = excluded.due, held = excluded.held;

-- name: settled
-- Messages that are pending no more.
-- $1 store int
-- $2 hook uuid
-- $3 messages text[]
delete from hooks.pending where store = $1 and hook = $2 and message = any($3);

-- name: ahead
-- Messages that were begun, and reach beyond a position.
-- $1 store int
-- $2 hook uuid
-- $3 position bigint
select message, first, last, attempts, extract(epoch from due - clock_timestamp())::float as seconds, held
  from hooks.pending
 where store = $1 and hook = $2 and last > $3
 order by first, last;

-- name: hold
-- Says anew which messages keep later ones waiting: those that reach beyond the checkpoint, of a hook that is ordered or
-- where they were never sent.
-- $1 store int
-- $2 hook uuid
-- $3 position bigint
-- $4 ordered bool
update hooks.pending
   set held = last > $3 and ($4 or attempts = 0)
 where store = $1 and hook = $2 and held is distinct from (last > $3 and ($4 or attempts = 0));

-- name: due
-- Messages that are to be tried now, the longest due first.
-- $1 store int
-- $2 hook uuid
-- $3 limit bigint
select message, first, last, attempts, extract(epoch from due - clock_timestamp())::float as seconds, held
  from hooks.pending
 where store = $1 and hook = $2 and not held and due <= clock_timestamp()
 order by due, first
 limit $3;

-- name: next_due
-- How many messages are pending that nothing waits for, and in how many seconds the first is due; null for none.
-- $1 store int
-- $2 hook uuid
select count(*) as pending, extract(epoch from min(due) - clock_timestamp())::float as seconds
  from hooks.pending
 where store = $1 and hook = $2 and not held;

-- name: note
-- What was sent, and what came back.
-- $1 store int
-- $2 hook uuid
-- $3 messages text[]
-- $4 firsts bigint[]
-- $5 lasts bigint[]
-- $6 attempts int[]
-- $7 at float[]
-- $8 milliseconds int[]
-- $9 statuses int[]
-- $10 errors text[]
-- $11 responses bytea[]
insert into hooks.deliveries (store, hook, message, first, last, attempt, at, milliseconds, status, error, response)
select $1, $2, d.message, d.first, d.last, d.attempt, to_timestamp(d.at), d.milliseconds, d.status, d.error, d.response
  from unnest($3::text[], $4::bigint[], $5::bigint[], $6::int[], $7::float[], $8::int[], $9::int[], $10::text[],
              $11::bytea[]) d (message, first, last, attempt, at, milliseconds, status, error, response);

-- name: log
-- The deliveries of a hook before a number, latest first; of one message, or only those that failed, where asked.
-- $1 store int
-- $2 hook uuid
-- $3 before bigint
-- $4 message text
-- $5 failed bool
-- $6 limit bigint
select number, message, first, last, attempt, at, milliseconds, status, error, response
  from hooks.deliveries
 where store = $1 and hook = $2 and number < $3
   and ($4::text is null or message = $4)
   and (not $5 or status is null or status not between 200 and 299)
 order by number desc
 limit $6;

-- name: fail
-- Since when nothing arrives at a hook: from now on, unless it is longer already.
-- $1 store int
-- $2 hook uuid
-- $3 error text
insert into hooks.failing (store, hook, since, error)
values ($1, $2, clock_timestamp(), $3)
on conflict on constraint a_hook_fails_since_one_time do update set error = excluded.error
returning extract(epoch from clock_timestamp() - since)::float as seconds;

-- name: recover
-- Something has arrived at a hook.
-- $1 store int
-- $2 hook uuid
delete from hooks.failing where store = $1 and hook = $2;

-- name: tidy
-- Forgets deliveries that are older than some days, or of which there are so many later ones.
-- $1 store int
-- $2 hook uuid
-- $3 days int
-- $4 most bigint
delete from hooks.deliveries
 where store = $1 and hook = $2
   and (at < clock_timestamp() - make_interval(days => $3)
        or number <= (select number
                        from hooks.deliveries
                       where store = $1 and hook = $2
                       order by number desc
                      offset $4
                       limit 1));
