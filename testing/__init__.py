"""userbus in memory, for the tests of other services: the real handlers on a store and a broker in the process."""

from testing.userbus import MemoryUserbus, SentRequest

__all__ = ["MemoryUserbus", "SentRequest"]
