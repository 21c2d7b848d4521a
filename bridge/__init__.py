"""The HTTP bridge: five documented REST interfaces, each one table, in front of the bus."""
