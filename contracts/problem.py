"""A problem: why a request failed."""

from typing import Any, ClassVar, Literal

from contracts.base import View

Kind = Literal["invalid", "unauthenticated", "denied", "not_found", "conflict", "throttled", "unavailable", "internal"]


class Problem(View):
    """Why a request failed: a closed `kind`, a stable `code`, a `message` for people.

    `details` is a list of `{field, message}` for `message.invalid`, `{"retry_after": seconds}` for the kind
    `throttled`, `{"fault": id}` for `internal`; else null or as the code's description says.
    """

    personal: ClassVar = frozenset({"message", "details"})
    kind: Kind
    code: str
    message: str
    details: Any = None
