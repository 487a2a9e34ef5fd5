"""The standard as pure functions: no I/O, no clock, no chance."""
