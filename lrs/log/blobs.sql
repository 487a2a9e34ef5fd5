-- name: get
-- Attachments' data by raw digest.
-- $1 store int
-- $2 digests bytea[]
select sha2, content from log.blobs where store = $1 and sha2 = any($2);
