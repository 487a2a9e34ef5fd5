-- name: latest
-- The latest versions of documents, named one by one or by a context of theirs, with their contents.
-- $1 store int
-- $2 subjects uuid[]
-- $3 contexts uuid[]
select v.subject, v.position, v.contexts, v.id, v.deleted, v.content_type, v.etag, v.stored, p.payload, p.filled
  from (select unnest($2::uuid[]) as subject
         union
        select c.subject from documents.contexts c where c.store = $1 and c.context = any($3)) wanted
 cross join lateral (
        select * from documents.versions d
         where d.store = $1 and d.subject = wanted.subject
         order by d.position desc limit 1) v
  left join log.payloads p on p.store = $1 and p.position = v.position;

-- name: insert
-- Versions of documents.
-- $1 store int
-- $2 subjects uuid[]
-- $3 positions bigint[]
-- $4 ids bytea[]
-- $5 deleted boolean[]
-- $6 content_types text[]
-- $7 etags text[]
-- $8 stored timestamptz[]
-- $9 contexts text[]
insert into documents.versions
       (store, subject, position, id, deleted, content_type, etag, stored, contexts)
select $1, v.subject, v.position, v.id, v.deleted, v.content_type, v.etag, v.stored, v.contexts::uuid[]
  from unnest($2::uuid[], $3::bigint[], $4::bytea[], $5::boolean[], $6::text[], $7::text[], $8::timestamptz[],
              $9::text[]) as v (subject, position, id, deleted, content_type, etag, stored, contexts);

-- name: insert_contexts
-- Which documents belong to a context.
-- $1 store int
-- $2 contexts uuid[]
-- $3 subjects uuid[]
insert into documents.contexts (store, context, subject)
select $1, * from unnest($2::uuid[], $3::uuid[])
on conflict do nothing;
