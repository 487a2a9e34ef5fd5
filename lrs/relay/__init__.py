"""Carries the log to its followers: batches of events, checkpoints, leases, and what was parked."""
