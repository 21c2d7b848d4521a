"""MongoDB in memory, as far as models use it; whatever it does not know raises `NotInMemory`."""
