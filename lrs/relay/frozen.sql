-- name: by_itself
-- Lays down the role for this transaction: only the log-in may see what its sessions do, and end them.
select set_config('role', 'none', true);

-- name: waiting
-- The sessions of this log-in and name that wait for their client in the middle of a statement, and since when it runs.
-- $1 name text
select pid, state_change
  from pg_stat_activity
 where datname = current_database()
   and usename = session_user
   and application_name = $1
   and state = 'active'
   and wait_event_type = 'Client'
   and pid <> pg_backend_pid();

-- name: end
-- Ends a session that is still where it was.
-- $1 name text
-- $2 pid int
-- $3 state_change timestamptz
select pg_terminate_backend(pid)
  from pg_stat_activity
 where datname = current_database()
   and usename = session_user
   and application_name = $1
   and state = 'active'
   and wait_event_type = 'Client'
   and pid = $2
   and state_change = $3;
