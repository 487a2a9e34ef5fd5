-- Rows that followers write many of need no look at log.stores for each: their checkpoint, which they lock first, has
-- had that look, and stores are never deleted.

alter table statistics.counts drop constraint counts_store_fkey;
alter table statistics.statements drop constraint statements_store_fkey;
alter table statistics.terms drop constraint terms_store_fkey;
alter table statistics.totals drop constraint totals_store_fkey;
alter table changes.rows drop constraint rows_store_fkey;
