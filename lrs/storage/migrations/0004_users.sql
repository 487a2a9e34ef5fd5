-- People who use the console and the analytics, a row a version; and who looked at whose records, a row a person.

create table auth.users (
    name text not null,
    position bigint not null,
    state bytea not null,
    constraint a_user_changes_once_at_a_position primary key (name, position)
);

create schema access;

create table access.looks (
    store int not null references log.stores (id),
    person text not null,
    position bigint not null,
    constraint a_look_is_kept_once_a_person primary key (store, person, position)
);

-- What business intelligence tools read: views of the tables of projections, made anew with these.
create schema analytics;

grant usage on schema access to lrs_app;
grant select, insert on auth.users, access.looks to lrs_app;
grant usage on schema analytics to lrs_analyst;
