-- Loads of files: how far each has come, moved in the transaction that stores what was read so far.

create table log.loads (
    id bigint generated always as identity,
    store int not null references log.stores (id),
    digest bytea not null,
    credential text,
    version text not null,
    begun timestamptz not null default clock_timestamp(),
    finished timestamptz,
    previous text not null,
    mark text not null,
    loaded bigint not null default 0,
    known bigint not null default 0,
    refused bigint not null default 0,
    without_data bigint not null default 0,
    constraint a_load_has_one_id primary key (id)
);

create unique index a_file_is_loaded_once_at_a_time on log.loads (store, digest, coalesce(credential, ''), version)
    where finished is null;

grant select, insert on log.loads to lrs_app;
grant update (finished, previous, mark, loaded, known, refused, without_data) on log.loads to lrs_app;
