"""What the server tells its operators: one line of JSON for each thing that happened, and figures for Prometheus."""
