"""What is on the broker: every exchange, queue and binding, as plain data for workers and the command line."""
