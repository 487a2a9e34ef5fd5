"""The names under which agents were seen; inline."""
