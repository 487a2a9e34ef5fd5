-- Which role may read which store through the views of the schema analytics. Roles are made by `lrs store create` and
-- `lrs migrate`, one for each store; an administrator grants them.

create table analytics.analysts (
    role text not null,
    store int not null references log.stores (id),
    constraint a_role_reads_one_store primary key (role)
);

grant usage on schema analytics to lrs_app;
