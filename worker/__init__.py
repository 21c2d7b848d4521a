"""The worker process: deliveries in, replies and events out."""
