-- Changes of analytic rows, kept for a while where somebody wants them; and standing questions: when they were asked,
-- and the messages of what was new.

create schema changes;

-- Which projections' changes are recorded, until when, the last number given, and the position of the log behind which
-- every change is.
create table changes.heads (
    store int not null references log.stores (id),
    projection text not null,
    number bigint not null default 0,
    since bigint not null,
    until timestamptz not null,
    constraint a_projection_has_one_head primary key (store, projection)
);

create table changes.rows (
    store int not null references log.stores (id),
    projection text not null,
    number bigint not null,
    position bigint not null,
    at timestamptz not null default clock_timestamp(),
    "table" text not null,
    owner text not null,
    key jsonb not null,
    what text not null,
    before jsonb,
    row jsonb,
    constraint a_change_has_one_number primary key (store, projection, number)
);

-- A standing question asked: once for each local day. What its answer had is known by digests of the rows' keys.
create table hooks.runs (
    store int not null references log.stores (id),
    hook uuid not null,
    day date not null,
    at timestamptz not null default clock_timestamp(),
    position bigint not null,
    rows int not null,
    known uuid[] not null,
    constraint a_question_is_asked_once_a_day primary key (store, hook, day)
);

-- Messages that were decided on, before the first attempt to send them.
create table hooks.outbox (
    store int not null references log.stores (id),
    hook uuid not null,
    number bigint not null,
    message text not null,
    at timestamptz not null default clock_timestamp(),
    body bytea not null,
    constraint a_message_has_one_place primary key (store, hook, number),
    constraint a_message_is_decided_once unique (store, hook, message)
);

grant usage on schema changes to lrs_app;
grant select, insert, update, delete on changes.heads, changes.rows, hooks.runs, hooks.outbox to lrs_app;
