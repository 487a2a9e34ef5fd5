-- name: get
-- The latest version of a document.
-- $1 store int
-- $2 subject uuid
select v.deleted, v.content_type, v.etag, v.stored, p.payload
  from documents.versions v
  join log.payloads p on p.store = v.store and p.position = v.position
 where v.store = $1 and v.subject = $2
 order by v.position desc
 limit 1;

-- name: ids
-- The ids of the documents of a context that were stored or changed after a time.
-- $1 store int
-- $2 context uuid
-- $3 since timestamptz
select v.id
  from documents.contexts c
 cross join lateral (
        select d.id, d.deleted, d.stored from documents.versions d
         where d.store = c.store and d.subject = c.subject
         order by d.position desc limit 1) v
 where c.store = $1 and c.context = $2 and not v.deleted and ($3::timestamptz is null or v.stored > $3)
 order by v.id;
