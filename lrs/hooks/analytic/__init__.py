"""Hooks on the analytics: changed rows, and standing questions."""
