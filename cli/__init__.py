"""The `userbus` command: thin verbs over the bus."""
