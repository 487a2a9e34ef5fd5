"""What was said of activities; inline. Merged into one definition when it is read."""
