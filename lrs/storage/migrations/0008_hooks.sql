-- Hooks: what leaves the system, and where to. Each version of a hook is an event in the log of its store.

create schema hooks;

create table hooks.hooks (
    store int not null references log.stores (id),
    id uuid not null,
    position bigint not null,
    name text not null,
    state bytea not null,
    constraint a_hook_changes_once_at_a_position primary key (store, id, position)
);

-- What signs and opens; sealed under a key that the database never sees. They are in no event.
create table hooks.secrets (
    store int not null references log.stores (id),
    hook uuid not null,
    name text not null,
    since timestamptz not null,
    until timestamptz,
    sealed bytea not null,
    constraint a_secret_begins_once primary key (store, hook, name, since)
);

-- Messages that were begun and have not arrived: tried again when they are due. What is held keeps later ones waiting.
create table hooks.pending (
    store int not null references log.stores (id),
    hook uuid not null,
    message text not null,
    first bigint not null,
    last bigint not null,
    attempts int not null default 0,
    begun timestamptz not null default clock_timestamp(),
    due timestamptz not null default clock_timestamp(),
    held boolean not null default false,
    constraint a_message_is_pending_once primary key (store, hook, message)
);

create index pending_when_due on hooks.pending (store, hook, due);

-- What was sent, and what came back: kept for a while.
create table hooks.deliveries (
    store int not null references log.stores (id),
    hook uuid not null,
    number bigint generated always as identity,
    message text not null,
    first bigint not null,
    last bigint not null,
    attempt int not null,
    at timestamptz not null,
    milliseconds int not null,
    status int,
    error text,
    response bytea,
    constraint a_delivery_has_one_number primary key (store, hook, number)
);

create index deliveries_by_message on hooks.deliveries (store, hook, message, number);

-- Since when nothing arrives at a hook; no row while all is well.
create table hooks.failing (
    store int not null references log.stores (id),
    hook uuid not null,
    since timestamptz not null,
    error text not null,
    constraint a_hook_fails_since_one_time primary key (store, hook)
);

-- What a hook remembers of how far it has come elsewhere, such as in another LRS.
create table hooks.cursors (
    store int not null references log.stores (id),
    hook uuid not null,
    name text not null,
    value text not null,
    at timestamptz not null default clock_timestamp(),
    constraint a_cursor_has_one_value primary key (store, hook, name)
);

grant usage on schema hooks to lrs_app;
grant select, insert on hooks.hooks to lrs_app;
grant select, insert, update, delete on hooks.secrets, hooks.pending, hooks.deliveries, hooks.failing, hooks.cursors
   to lrs_app;
