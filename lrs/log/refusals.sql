-- name: keep
-- A refused body, and no more than so many of one credential.
-- $1 store int
-- $2 credential text
-- $3 version text
-- $4 content_type text
-- $5 body bytea
-- $6 reason text
-- $7 pointer text
-- $8 rule text
insert into log.refusals (store, credential, version, content_type, body, reason, pointer, rule)
values ($1, $2, $3, $4, $5, $6, $7, $8);

-- name: prune
-- What is over the bounds of one credential: older than so many days, or beyond so many bytes counted from the newest.
-- $1 store int
-- $2 credential text
-- $3 days int
-- $4 bytes bigint
delete from log.refusals q
 using (select id, at, sum(length(body)) over (order by id desc) as size
          from log.refusals
         where store = $1 and credential = $2) held
 where q.id = held.id and (held.size > $4 or held.at < clock_timestamp() - make_interval(days => $3));
