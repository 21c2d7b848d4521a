"""The operators' console: pages under /console for whoever is on call, made on the server from what the bus answers."""
