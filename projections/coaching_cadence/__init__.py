"""Coaching cadence: who was seen by her coach and when, who is due, what coaches carry, and whom support reaches."""
