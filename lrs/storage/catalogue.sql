-- name: catalogue
-- Everything that is defined in a database, one line each, told alike however it came about.
with own as (
    select oid, nspname, nspowner, nspacl
      from pg_namespace
     where nspname !~ '^pg_' and nspname not in ('information_schema', 'public')
)
select kind, name, definition
  from (
    select 'schema' as kind, nspname::text as name, pg_get_userbyid(nspowner)::text as definition
      from own
    union all
    select 'relation ' || c.relkind::text, c.oid::regclass::text,
           concat_ws(' ', pg_get_userbyid(c.relowner), c.relpersistence, c.relrowsecurity, c.relforcerowsecurity,
                     array_to_string(c.reloptions, ','),
                     case when c.relkind in ('v', 'm') then pg_get_viewdef(c.oid) end)
      from pg_class c join own on own.oid = c.relnamespace
     where c.relkind in ('r', 'p', 'v', 'm', 'S', 'f')
    union all
    select 'column', c.oid::regclass::text || '.' || a.attname,
           concat_ws(' ', format_type(a.atttypid, a.atttypmod), a.attnotnull, a.attidentity, a.attgenerated,
                     a.attstorage, a.attcompression,
                     (select collname from pg_collation where oid = a.attcollation),
                     row_number() over (partition by c.oid order by a.attnum),
                     pg_get_expr(d.adbin, d.adrelid))
      from pg_attribute a
      join pg_class c on c.oid = a.attrelid and c.relkind in ('r', 'p', 'v', 'm', 'f', 'c')
      join own on own.oid = c.relnamespace
      left join pg_attrdef d on d.adrelid = a.attrelid and d.adnum = a.attnum
     where a.attnum > 0 and not a.attisdropped
    union all
    select 'constraint', coalesce(nullif(k.conrelid, 0)::regclass::text, 'domain') || '.' || k.conname,
           concat_ws(' ', pg_get_constraintdef(k.oid), k.convalidated)
      from pg_constraint k join own on own.oid = k.connamespace
    union all
    select 'index', i.indexrelid::regclass::text,
           concat_ws(' ', pg_get_indexdef(i.indexrelid), i.indisvalid, i.indisclustered)
      from pg_index i
      join pg_class c on c.oid = i.indexrelid
      join own on own.oid = c.relnamespace
    union all
    select 'function', p.oid::regprocedure::text,
           concat_ws(' ', pg_get_userbyid(p.proowner), case when p.prokind <> 'a' then pg_get_functiondef(p.oid) end)
      from pg_proc p join own on own.oid = p.pronamespace
    union all
    select 'trigger', t.tgrelid::regclass::text || '.' || t.tgname,
           concat_ws(' ', pg_get_triggerdef(t.oid), t.tgenabled)
      from pg_trigger t
      join pg_class c on c.oid = t.tgrelid
      join own on own.oid = c.relnamespace
     where not t.tgisinternal
    union all
    select 'policy', schemaname || '.' || tablename || '.' || policyname,
           concat_ws(' ', permissive, roles, cmd, qual, with_check)
      from pg_policies where schemaname in (select nspname from own)
    union all
    select 'type', t.oid::regtype::text,
           concat_ws(' ', t.typtype, format_type(t.typbasetype, t.typtypmod), t.typnotnull, t.typdefault,
                     (select string_agg(enumlabel, ',' order by enumsortorder) from pg_enum where enumtypid = t.oid))
      from pg_type t join own on own.oid = t.typnamespace
     where t.typtype in ('e', 'd', 'r')
    union all
    select 'grant', granted.name,
           concat_ws(' ', coalesce(nullif((granted.acl).grantee, 0)::regrole::text, 'public'),
                     (granted.acl).privilege_type, (granted.acl).is_grantable)
      from (
        select nspname::text as name, aclexplode(coalesce(nspacl, acldefault('n', nspowner))) as acl
          from own
        union all
        select c.oid::regclass::text,
               aclexplode(coalesce(c.relacl, acldefault(case c.relkind when 'S' then 's' else 'r' end::"char", c.relowner)))
          from pg_class c join own on own.oid = c.relnamespace
         where c.relkind in ('r', 'p', 'v', 'm', 'S', 'f')
        union all
        select c.oid::regclass::text || '.' || a.attname, aclexplode(a.attacl)
          from pg_attribute a
          join pg_class c on c.oid = a.attrelid
          join own on own.oid = c.relnamespace
        union all
        select p.oid::regprocedure::text, aclexplode(coalesce(p.proacl, acldefault('f', p.proowner)))
          from pg_proc p join own on own.oid = p.pronamespace
      ) granted
  ) everything
 order by kind, name, definition;
