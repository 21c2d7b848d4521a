"""The example services, run as a reader would run them, on real servers."""
