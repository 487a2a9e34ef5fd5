"""What leaves the record: the change feed, webhooks, forwarding to other systems, and what chooses and writes it."""
