-- Rows of the log are found by position and subject alone, so a small sample tells the planner enough of them. A large one
-- of whole payloads, sorted, was what most of the time of autovacuum went into.

alter table log.events
    alter column store set statistics 10,
    alter column position set statistics 10,
    alter column kind set statistics 10,
    alter column stored set statistics 10,
    alter column credential set statistics 10,
    alter column subject set statistics 10,
    alter column commitment set statistics 10,
    alter column leaf set statistics 10;

alter table log.payloads
    alter column store set statistics 10,
    alter column position set statistics 10,
    alter column payload set statistics 10,
    alter column filled set statistics 10,
    alter column salt set statistics 10;
