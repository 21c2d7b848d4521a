"""The HTTP bridge: five documented REST surfaces, each one table, in front of the bus."""
