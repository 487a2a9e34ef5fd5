"""Statements by id and by every filter of the standard; inline."""
