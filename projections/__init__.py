"""Read models: one folder each, from the events of the log to the answers of one question. README: how to add one."""
