-- The record: stores, the event log, and the four inline projections that answer the GETs of the standard.

create schema log;
create schema statements;
create schema documents;
create schema people;
create schema activities;
create schema auth;

-- The log ---------------------------------------------------------------------------------------------------------

create table log.stores (
    id int not null,
    name text not null,
    uuid uuid not null,
    epoch int not null default 1,
    secret bytea not null,
    created timestamptz not null default clock_timestamp(),
    constraint a_store_has_one_id primary key (id),
    constraint a_store_has_one_name unique (name),
    constraint a_store_has_one_uuid unique (uuid),
    constraint a_store_name_is_short check (name ~ '^[a-z][a-z0-9_-]{0,62}$')
);

create table log.heads (
    store int not null references log.stores (id),
    position bigint not null default 0,
    floor timestamptz not null default '1970-01-01Z',
    held boolean not null default false,
    constraint a_store_has_one_head primary key (store)
) with (fillfactor = 10, autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 1000);

insert into log.stores (id, name, uuid, secret)
values (0, 'system', gen_random_uuid(), sha256(uuid_send(gen_random_uuid()) || uuid_send(gen_random_uuid())));
insert into log.heads (store) values (0);

create table log.events (
    store int not null,
    position bigint not null,
    kind smallint not null,
    stored timestamptz not null,
    credential text,
    subject uuid not null,
    commitment bytea not null,
    leaf bytea not null,
    constraint a_position_is_given_once primary key (store, position),
    constraint positions_begin_at_one check (position >= 1)
);

create unique index a_statement_id_is_taken_once on log.events (store, subject) where kind = 1;

create table log.payloads (
    store int not null,
    position bigint not null,
    payload bytea not null,
    filled bytea not null,
    salt bytea not null,
    constraint an_event_has_one_payload primary key (store, position)
);

-- Compression would cost more than the disk that it saves: payloads are a kilobyte or two.
alter table log.payloads alter column payload set storage external;

-- `stored` rises with position, so a time is found by halving, without an index of its own.
create function log.position_at(store_ int, time_ timestamptz) returns bigint language plpgsql stable as $$
declare
    low bigint := 0;
    high bigint := (select position from log.heads where store = store_);
    middle bigint;
begin
    while low < high loop
        middle := (low + high + 1) / 2;
        if (select stored from log.events where store = store_ and position = middle) <= time_ then
            low := middle;
        else
            high := middle - 1;
        end if;
    end loop;
    return low;
end
$$;

-- Every append moves the head by this, in the statement that writes its rows: where others have appended since it was
-- decided, or a floor was told that its times do not lie behind, nothing is written.
create function log.advance(store_ int, after_ bigint, first_ timestamptz, position_ bigint, floor_ timestamptz,
                            keeps_times_ boolean)
returns int language plpgsql as $$
begin
    update log.heads
       set position = position_, floor = floor_, held = held and keeps_times_
     where store = store_ and position = after_ and floor < first_;
    if not found then
        raise exception 'the head of store % is not at %', store_, after_ using errcode = 'LRS01';
    end if;
    return store_;
end
$$;

-- What was taken to be so when a group was decided, and must be so when it is written.
create function log.insist(is_so boolean) returns void language plpgsql as $$
begin
    if not is_so then
        raise exception 'the log is not as it was thought to be' using errcode = 'LRS01';
    end if;
end
$$;

create table log.blobs (
    store int not null,
    sha2 bytea not null,
    content bytea not null,
    constraint a_blob_is_stored_once primary key (store, sha2)
);

alter table log.blobs alter column content set storage external;

create function log.refuse_change() returns trigger language plpgsql as $$
begin
    raise exception 'the log only grows: % of %.% is refused', tg_op, tg_table_schema, tg_table_name
        using errcode = '42501';
end
$$;

create trigger events_only_grow before update or delete or truncate on log.events
    for each statement execute function log.refuse_change();
create trigger payloads_only_grow before update or delete or truncate on log.payloads
    for each statement execute function log.refuse_change();
create trigger blobs_only_grow before update or delete or truncate on log.blobs
    for each statement execute function log.refuse_change();

-- Statements: one row each, and more rows only for further agents and for what a StatementRef inherits -------------
-- Agents, verbs, activities and registrations are 8-byte keyed hashes (projections/statements/keys.py).

create table statements.statements (
    store int not null,
    position bigint not null,
    agent bigint,
    verb bigint not null,
    activity bigint,
    registration bigint,
    authority bigint not null,
    voiding boolean not null,
    target uuid,
    constraint a_statement_is_indexed_once primary key (store, position)
);

-- Columns behind `position` are conditions that the index itself can judge, without a look at the row.
create index statements_by_agent on statements.statements (store, agent, position, verb) where agent is not null;
create index statements_by_verb on statements.statements (store, verb, position);
create index statements_by_activity on statements.statements (store, activity, position, verb)
    where activity is not null;
create index statements_by_registration on statements.statements (store, registration, position)
    where registration is not null;
create index statements_by_authority on statements.statements (store, authority, position);
create index statements_by_target on statements.statements (store, target) where target is not null;

create table statements.also (
    store int not null,
    position bigint not null,
    source bigint not null,
    shape bigint not null,
    lead boolean not null,
    agent bigint,
    verb bigint not null,
    activity bigint,
    registration bigint,
    authority bigint not null,
    constraint a_source_counts_once unique nulls not distinct (store, position, shape, agent)
);

create index also_by_agent on statements.also (store, agent, position) where agent is not null;
create index also_by_verb on statements.also (store, verb, position) where lead;
create index also_by_activity on statements.also (store, activity, position) where lead;
create index also_by_registration on statements.also (store, registration, position) where lead;
create index also_by_authority on statements.also (store, authority, position) where lead;

create table statements.related (
    store int not null,
    key bigint not null,
    position bigint not null,
    source bigint not null
);

create index related_by_key on statements.related (store, key, position, source);

create table statements.voided (
    store int not null,
    position bigint not null,
    constraint a_statement_is_voided_once primary key (store, position)
);

-- Documents: a row a version; the latest one counts ---------------------------------------------------------------
-- Here and below, ids and names are bytes: text could not hold the U+0000 that JSON may have.

create table documents.versions (
    store int not null,
    subject uuid not null,
    position bigint not null,
    contexts uuid[] not null,
    id bytea not null,
    deleted boolean not null,
    content_type text not null,
    etag text not null,
    stored timestamptz not null,
    constraint a_version_has_one_position primary key (store, subject, position)
);

create table documents.contexts (
    store int not null,
    context uuid not null,
    subject uuid not null,
    constraint a_context_names_a_document_once primary key (store, context, subject)
);

-- People and activities: what statements said of them, each saying once --------------------------------------------

create table people.names (
    store int not null,
    agent bigint not null,
    digest bigint not null,
    position bigint not null,
    name bytea not null,
    constraint a_name_is_kept_once primary key (store, agent, digest)
);

create table activities.definitions (
    store int not null,
    activity bigint not null,
    position bigint not null,
    digest bigint not null,
    definition bytea not null,
    constraint a_definition_is_kept_where_it_changed primary key (store, activity, position)
);

-- Credentials: a row a version; the latest one counts --------------------------------------------------------------

create table auth.credentials (
    key text not null,
    position bigint not null,
    store int not null references log.stores (id),
    state bytea not null,
    constraint a_credential_changes_once_at_a_position primary key (key, position)
);

create index credentials_by_store on auth.credentials (store, key, position);

-- Refused statements, kept to be looked at, mended and sent again --------------------------------------------------

create table log.refusals (
    id bigint generated always as identity,
    store int not null,
    credential text not null,
    at timestamptz not null default clock_timestamp(),
    version text not null,
    content_type text not null,
    body bytea not null,
    reason text not null,
    pointer text,
    rule text,
    constraint a_refusal_has_one_id primary key (id)
);

create index refusals_by_credential on log.refusals (store, credential, id);

-- What the server may do: read, add, and move the heads; nothing of the log can be changed or deleted ---------------

grant usage on schema log, statements, documents, people, activities, auth to lrs_app;
grant select, insert on all tables in schema log, statements, documents, people, activities, auth to lrs_app;
grant update (position, floor, held) on log.heads to lrs_app;
grant delete on log.refusals to lrs_app;
