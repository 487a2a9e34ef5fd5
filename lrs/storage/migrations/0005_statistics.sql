-- Counts of statements by day, verb, activity and agent; and by what statements can be searched. Terms are 8-byte hashes
-- of a path and its value.

create schema statistics;

create table statistics.counts (
    store int not null references log.stores (id),
    dimension text not null,
    day date not null,
    key text not null,
    statements bigint not null default 0,
    voided bigint not null default 0,
    constraint a_key_is_counted_once_a_day primary key (store, dimension, day, key)
) with (fillfactor = 70);

create table statistics.statements (
    store int not null references log.stores (id),
    position bigint not null,
    at timestamptz not null,
    agent bigint,
    terms bigint[] not null,
    voided boolean not null default false,
    constraint a_statement_is_searched_once primary key (store, position)
);

create index statements_by_term on statistics.statements using gin (terms);
create index statements_by_time on statistics.statements (store, at);

create table statistics.terms (
    store int not null references log.stores (id),
    term bigint not null,
    path text not null,
    value text not null,
    constraint a_term_is_named_once primary key (store, term)
);

grant usage on schema statistics to lrs_app;
grant select, insert, update, delete on all tables in schema statistics to lrs_app;
