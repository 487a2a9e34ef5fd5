"""Carries the log to those who follow it: leases and checkpoints, what was parked, and the runner of followers."""
