"""What users and integrations of foreseen have in common: their texts, and failures with more than one cause."""

from bridge.dialect import Failure
from bridge.fields import fits, longest, printable, text


def _segment(name: str) -> bool:
    return "/" not in name and name not in (".", "..")


TEXT = text(longest(255), printable)
NAME = text(longest(255), printable, fits(_segment, pattern="^[^/]+$"))

USER_UNKNOWN = Failure(404, "user not exist", 4041)
INTEGRATION_NOT_FOUND = Failure(404, "integration not found", 4041)
INTEGRATION_UNKNOWN = Failure(404, "integration not exist", 4041)
