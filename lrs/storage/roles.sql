-- name: situation
-- What roles.prepare decides by: is there a schema of ours, is lrs_owner another's, may we make roles.
select current_database() as database,
       to_regnamespace('storage') is not null as exists,
       to_regrole('lrs_owner') is not null and not pg_has_role(to_regrole('lrs_owner'), 'member') as taken,
       (select rolsuper or rolcreaterole from pg_roles where rolname = current_user) as may_create;

-- name: is_member
-- Whether we may act as a role, which need not exist.
-- $1 role text
select exists (select from pg_roles where rolname::text = $1 and pg_has_role(oid, 'member'));

-- name: prefix
-- What the names of our roles begin with, told by the owner of our schemas; null where the log-in owns them itself.
select left(owner.rolname, -6)
  from pg_namespace n
  join pg_roles owner on owner.oid = n.nspowner and owner.rolname like '%\_owner'
  join pg_roles app on app.rolname = left(owner.rolname, -6) || '_app'
 where n.nspname = 'storage';
