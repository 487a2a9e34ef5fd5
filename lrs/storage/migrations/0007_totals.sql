-- Counts of statements over all days, since they are asked for most.

create table statistics.totals (
    store int not null references log.stores (id),
    dimension text not null,
    key text not null,
    first_day date not null,
    statements bigint not null default 0,
    voided bigint not null default 0,
    constraint a_key_has_one_total primary key (store, dimension, key)
) with (fillfactor = 70);

insert into statistics.totals (store, dimension, key, first_day, statements, voided)
select store, dimension, key, min(day), sum(statements), sum(voided)
  from statistics.counts
 where dimension <> 'day'
 group by store, dimension, key;

grant select, insert, update, delete on statistics.totals to lrs_app;
