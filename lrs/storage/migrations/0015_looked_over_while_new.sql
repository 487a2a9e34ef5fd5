-- VACUUM notes of each page that its rows are there for everybody. Where pages have checksums, one that it changes first
-- after a checkpoint goes whole into the write-ahead log. When a fifth of a large table had been added, that was done to
-- all these pages at once, hundreds of megabytes within seconds, while statements came. Done each 20,000 rows, those that
-- come between two checkpoints are in there already. Frozen at once, as they never change, they need not be seen again.

-- Longer than it takes to have a running autovacuum give way.
set local lock_timeout = '2s';

alter table log.payloads set
    (autovacuum_vacuum_insert_scale_factor = 0, autovacuum_vacuum_insert_threshold = 20000, autovacuum_freeze_min_age = 0);
alter table log.events set
    (autovacuum_vacuum_insert_scale_factor = 0, autovacuum_vacuum_insert_threshold = 20000, autovacuum_freeze_min_age = 0);
alter table statements.statements set
    (autovacuum_vacuum_insert_scale_factor = 0, autovacuum_vacuum_insert_threshold = 20000, autovacuum_freeze_min_age = 0);
alter table statements.related set
    (autovacuum_vacuum_insert_scale_factor = 0, autovacuum_vacuum_insert_threshold = 20000, autovacuum_freeze_min_age = 0);
