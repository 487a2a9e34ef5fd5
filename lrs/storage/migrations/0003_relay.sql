-- Followers of the log: how far each has come in each store, who runs it now, and what it could not handle.

create schema relay;

create table relay.checkpoints (
    store int not null references log.stores (id),
    follower text not null,
    position bigint not null default 0,
    lease bigint not null default 0,
    holder text,
    expires timestamptz not null default '-infinity',
    constraint a_follower_has_one_checkpoint primary key (store, follower)
) with (fillfactor = 50, autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 1000);

create table relay.parked (
    store int not null references log.stores (id),
    follower text not null,
    position bigint not null,
    key text not null default '',
    error text not null,
    at timestamptz not null default clock_timestamp(),
    constraint an_event_is_parked_once primary key (store, follower, position, key)
);

-- Reference data is told by few events among many: whoever starts reads them all.
create index references_by_position on log.events (store, position) where kind = 4;

grant usage on schema relay to lrs_app;
grant select, insert, update, delete on relay.checkpoints, relay.parked to lrs_app;
