"""On which stores the tests of the models run."""

import pytest

DRIVERS = ("pymongo", "motor")
MEMORY = "memory"  # the store of the testing kit

# for tests of what is MongoDB's own (its profiler, plans, clock, limits of time), and of lanes of several relays, which
# userbus in memory has not
on_mongodb = pytest.mark.parametrize("prepared_store", DRIVERS, indirect=True)

# for tests of which indexes a list reads, which both drivers ask for in the same words: test_search.py holds that
on_one_driver = pytest.mark.parametrize("prepared_store", DRIVERS[:1], indirect=True)
