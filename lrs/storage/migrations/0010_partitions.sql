-- How far each partition of a store's topic has been followed, where a follower reads from Kafka and not from the log.

create table relay.partitions (
    store int not null references log.stores (id),
    follower text not null,
    partition int not null,
    epoch bigint not null,
    position bigint not null,
    next_offset bigint,
    lease bigint not null default 0,
    constraint a_partition_has_one_checkpoint primary key (store, follower, partition)
) with (fillfactor = 50, autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 1000);

comment on column relay.partitions.epoch is 'The lease of the follower''s checkpoint under which this holds.';
comment on column relay.partitions.position is 'All events of the partition up to here are handled.';
comment on column relay.partitions.next_offset is 'Where the topic goes on; null where that is to be found by the position.';

grant select, insert, update, delete on relay.partitions to lrs_app;
