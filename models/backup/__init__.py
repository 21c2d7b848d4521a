"""Copies of the whole database: written as it was at one moment, and put back into an empty one."""
