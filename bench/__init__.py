"""Benchmarks, run by hand: `python -m bench.bus`, `python -m bench.roles`."""
