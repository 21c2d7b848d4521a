"""Fields and failures that users and integrations of foreseen share."""

from bridge.rest.checks import max_length, predicate, require_printable, require_readable, text
from bridge.rest.dialect import Failure


def _is_one_segment(name: str) -> bool:
    return "/" not in name and name not in (".", "..")


LINE = text(max_length(255), require_printable)
ONE_SEGMENT = predicate(_is_one_segment, pattern="^[^/]+$")
NAME = text(max_length(255), require_printable, ONE_SEGMENT)
USERNAME = text(max_length(255), require_readable, ONE_SEGMENT)

USER_UNKNOWN = Failure(404, "user not exist", 4041)
INTEGRATION_NOT_FOUND = Failure(404, "integration not found", 4041)
INTEGRATION_UNKNOWN = Failure(404, "integration not exist", 4041)
