"""Turning a message into a change and a reply: the only code that serves the bus."""
