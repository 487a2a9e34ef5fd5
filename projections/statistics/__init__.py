"""Counts of statements by day, verb, activity and agent, and the index by which statements are searched."""
