"""Webhooks: messages to a URL, signed, tried again until they arrive, and what became of them."""
