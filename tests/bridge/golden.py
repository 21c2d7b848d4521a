"""What an answer has in common with a documented sample."""

from typing import Any


def like(given: Any, sample: Any) -> bool:
    """Key for key in the sample's order, type for type; a list may have any length."""
    if isinstance(sample, dict):
        same_keys = isinstance(given, dict) and list(given) == list(sample)
        return same_keys and all(like(given[key], sample[key]) for key in sample)
    if isinstance(sample, list):
        return isinstance(given, list) and all(like(item, sample[0]) for item in given)
    return type(given) is type(sample)
