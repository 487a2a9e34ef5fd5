-- Counts and terms come all the time and stay like one another, and to look them over has whoever is in a hurry wait.

alter table statistics.counts set (autovacuum_analyze_scale_factor = 1);
alter table statistics.totals set (autovacuum_analyze_scale_factor = 1);
alter table statistics.terms set (autovacuum_analyze_scale_factor = 1);
