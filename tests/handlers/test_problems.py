"""What the sender of a request is told of a database that cannot serve it now."""

import pytest

from handlers.problems import problem
from models.errors.base import DeadlinePassed, Refusal, StoreBusy, StoreUnavailable


@pytest.mark.parametrize(
    ("cause", "kind", "code", "details"),
    [
        (None, "unavailable", "store.unavailable", None),
        (DeadlinePassed(), "unavailable", "message.late", None),
        (StoreBusy(), "throttled", "store.busy", {"retry_after": 1}),
    ],
)
def test_the_cause_of_an_outage_is_told(cause: Refusal | None, kind: str, code: str, details: object) -> None:
    error = StoreUnavailable("not in time")
    error.__cause__ = cause
    told = problem(error)
    assert (told.kind, told.code, told.details) == (kind, code, details)
