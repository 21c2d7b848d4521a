"""The refusals of the rules, one file per family: each has a kind of a closed set and a stable code."""
