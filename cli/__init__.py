"""The `userbus` command: thin commands over the bus."""
