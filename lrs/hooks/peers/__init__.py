"""Other LRSs: forwarding to them, pulling from them, comparing with them."""
