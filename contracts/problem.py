"""Why a request was refused: a closed kind, an open and stable code, words for people, details for programs."""

from typing import Any, Literal

from contracts.base import View

Kind = Literal["invalid", "unauthenticated", "denied", "not_found", "conflict", "throttled", "unavailable", "internal"]


class Problem(View):
    """Why a request failed.

    `details` is a list of `{field, message}` for `invalid`, `{"retry_after": seconds}` for `throttled`,
    `{"fault": id}` for `internal`; else null or what the code's description says.
    """

    kind: Kind
    code: str
    message: str
    details: Any = None
