"""The write side of each resource: what a request means for the log is decided here, and appended there."""
