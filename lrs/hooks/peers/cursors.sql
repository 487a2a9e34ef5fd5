-- name: cursor
-- What a hook remembers under a name.
-- $1 store int
-- $2 hook uuid
-- $3 name text
select value from hooks.cursors where store = $1 and hook = $2 and name = $3;

-- name: begin
-- The first that a hook remembers under a name; no row where it remembers something.
-- $1 store int
-- $2 hook uuid
-- $3 name text
-- $4 value text
insert into hooks.cursors (store, hook, name, value) values ($1, $2, $3, $4) on conflict do nothing;

-- name: move
-- Another value in place of the one that was; no row where somebody else has moved it.
-- $1 store int
-- $2 hook uuid
-- $3 name text
-- $4 old text
-- $5 new text
update hooks.cursors
   set value = $5, at = clock_timestamp()
 where store = $1 and hook = $2 and name = $3 and value = $4;
