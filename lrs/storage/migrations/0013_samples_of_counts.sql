-- Counts and terms are found by their keys alone, so a small sample tells the planner enough of them. Large ones, of texts
-- that are sorted, were taken anew whenever a table had grown by a tenth.

alter table statistics.counts
    alter column store set statistics 10,
    alter column dimension set statistics 10,
    alter column day set statistics 10,
    alter column key set statistics 10,
    alter column statements set statistics 10,
    alter column voided set statistics 10;

alter table statistics.totals
    alter column store set statistics 10,
    alter column dimension set statistics 10,
    alter column key set statistics 10,
    alter column first_day set statistics 10,
    alter column statements set statistics 10,
    alter column voided set statistics 10;

alter table statistics.terms
    alter column store set statistics 10,
    alter column term set statistics 10,
    alter column path set statistics 10,
    alter column value set statistics 10;
