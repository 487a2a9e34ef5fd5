-- VACUUM notes of each page that all its rows are there for everybody. A page that it changes first after a checkpoint goes
-- whole into the write-ahead log: done soon after rows were added, it is in there already. Else, when a fifth of a large
-- table had been added, all these pages were written once more within seconds, while statements came.

alter table log.payloads
    set (autovacuum_vacuum_insert_scale_factor = 0, autovacuum_vacuum_insert_threshold = 20000);
alter table log.events
    set (autovacuum_vacuum_insert_scale_factor = 0, autovacuum_vacuum_insert_threshold = 20000);
-- Those of a rebuild are made with it.
alter table if exists facts.facts
    set (autovacuum_vacuum_insert_scale_factor = 0, autovacuum_vacuum_insert_threshold = 20000);
