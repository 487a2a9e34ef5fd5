-- What statements tell, by the mapping; and what is to be computed anew because of it. `facts` stands for the schema:
-- a rebuild fills `facts_next` beside it. Agents, cohorts and what was asked are 8-byte hashes (projections/keys.py).

create schema facts;

create table facts.facts (
    store int not null,
    statement uuid not null,
    n smallint not null,
    since bigint not null,
    until bigint,
    position bigint not null,
    kind text not null,
    subject bigint not null,
    other bigint,
    cohort bigint,
    observed timestamptz not null,
    body text not null,
    -- In the order in which they come: by the ids of statements each would have a place of its own.
    constraint a_fact_begins_once primary key (store, position, n, since)
) with (
    fillfactor = 90,
    -- As the tables of the log: see the migration looked_over_while_new.
    autovacuum_vacuum_insert_scale_factor = 0, autovacuum_vacuum_insert_threshold = 20000, autovacuum_freeze_min_age = 0
);

create index facts_by_subject on facts.facts (store, subject, kind, observed);
create index facts_by_other on facts.facts (store, other, kind, observed) where other is not null;
create index facts_by_beginning on facts.facts (store, since);
create index facts_by_end on facts.facts (store, until) where until is not null;
create index facts_by_cohort on facts.facts (store, cohort, kind, observed) where cohort is not null;

comment on table facts.facts is
    'What statements tell, one row a fact; live at a position where since <= it, and until is null or beyond it.';
comment on column facts.facts.statement is 'The statement that tells it.';
comment on column facts.facts.n is 'Its number within the statement, from 0.';
comment on column facts.facts.since is 'The position of the event by which it came about: the statement, or a change of reference data.';
comment on column facts.facts.until is 'The position of the event that ended it: a void, or a change of reference data.';
comment on column facts.facts.position is 'The position of the statement.';
comment on column facts.facts.kind is 'What it tells of: learn, coach.contact and others.';
comment on column facts.facts.subject is 'The hash of whom it is about.';
comment on column facts.facts.other is 'The hash of the other person: coach, assessor, facilitator.';
comment on column facts.facts.cohort is 'The hash of the cohort.';
comment on column facts.facts.observed is 'When it happened, by the statement.';
comment on column facts.facts.body is 'The whole fact, in JSON.';

create table facts.asked (
    store int not null,
    asked bigint not null,
    positions bigint[] not null
);

create index positions_by_what_was_asked on facts.asked (store, asked);

-- Found by that index alone: a small sample tells the planner enough.
alter table facts.asked
    alter column store set statistics 10,
    alter column asked set statistics 10,
    alter column positions set statistics 10;

comment on table facts.asked is
    'What the mapper asked of reference data, and at which statements: they are mapped again when the answer changes.';

create table facts.voids (
    store int not null,
    statement uuid not null,
    position bigint not null,
    constraint a_statement_is_voided_once primary key (store, statement)
);

comment on table facts.voids is 'Voided statements, also those that have yet to come, and where they were voided first.';

create table facts.unmatched (
    store int not null,
    position bigint not null,
    verb text not null,
    type text not null,
    constraint an_unmatched_statement_counts_once primary key (store, position)
);

comment on table facts.unmatched is 'Statements that no rule of the mapping took, by verb and type of activity.';

create table facts.identities (
    store int not null,
    hash bigint not null,
    ifi text not null,
    constraint an_identity_has_one_hash primary key (store, hash)
);

comment on table facts.identities is 'Who is named by facts: which identifier a hash stands for.';

create table facts.applied (
    store int not null,
    position bigint not null,
    constraint a_store_has_one_last_reference primary key (store)
);

comment on table facts.applied is 'The last event of reference data that facts have taken in.';

create table facts.targets (
    name text not null,
    schema text not null,
    version int not null,
    constraint a_schema_is_filled_by_one primary key (schema)
);

comment on table facts.targets is 'The projections that are computed from these facts, and the schemas that hold them.';

create table facts.marks (
    store int not null,
    target text not null,
    position bigint not null,
    keys text[] not null,
    positions bigint[] not null
);

-- Marks come and go by the thousand each second: a row holds those of a batch.
create index marks_by_position on facts.marks (store, target, position);

-- They are packed once and read once, and nothing is found by them.
alter table facts.marks
    alter column keys set storage external,
    alter column positions set storage external,
    alter column keys set statistics 0,
    alter column positions set statistics 0;

comment on table facts.marks is
    'Keys whose rows are to be computed anew, by schema; the keys * and ** are all of them.';
comment on column facts.marks.position is 'The first of the positions.';
comment on column facts.marks.positions is 'Since which position, for each key.';

create table facts.rounds (
    store int not null,
    target text not null,
    token uuid not null,
    constraint a_target_has_one_last_round primary key (store, target)
) with (fillfactor = 50);

comment on table facts.rounds is
    'What the last round of a projection left: who finds its own there knows that nobody else wrote rows since.';

grant usage on schema facts to lrs_app;
grant select, insert, update, delete on all tables in schema facts to lrs_app;
