"""Apache Kafka: the relay of the log to a topic per store, and how those who follow from there read it."""
