"""Benchmarks on servers of their own: `python -m bench` measures what docs/benchmarks.md shows.

By themselves: `bench.path` (code that a command runs), `bench.roles` (effective roles), `bench.foreign_hashes`.
"""
