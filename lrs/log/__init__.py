"""The event log: appended to by groups, read by position, never changed. See README.md for what it guarantees."""
