"""What a request that was carried out, or refused by a rule, leads to."""

from dataclasses import dataclass
from typing import Any

from contracts.problem import Problem
from contracts.reply import REPLY, Done, Failed, Reply


@dataclass(frozen=True, slots=True)
class RequestOutcome:
    """The reply's JSON; `name` for the metrics: `done` or the kind of the problem.

    `delay` is for how many seconds a refusal is held back. `committed` is whether a command's transaction was committed
    just now, so that its events wait to be sent. `code` is `done` or the code of the problem.
    """

    name: str
    reply: str
    delay: float = 0.0
    committed: bool = False
    code: str = "done"


def done_outcome(data: Any, committed: bool = False) -> RequestOutcome:
    """Return the outcome of a request that was carried out."""
    return RequestOutcome("done", Done(data=data).model_dump_json(), committed=committed)


def failed_outcome(problem: Problem, committed: bool = False) -> RequestOutcome:
    """Return the outcome of a request that was refused."""
    return RequestOutcome(
        problem.kind, Failed(problem=problem).model_dump_json(), _delay(problem), committed, problem.code
    )


def repeated_outcome(stored: str) -> RequestOutcome:
    """Return the outcome of a command that was carried out before: the reply that the journal has stored."""
    reply: Reply = REPLY.validate_json(stored)
    if isinstance(reply, Done):
        return RequestOutcome("done", stored)
    return RequestOutcome(reply.problem.kind, stored, _delay(reply.problem), code=reply.problem.code)


def _delay(problem: Problem) -> float:
    # a failed sign-in says by how many seconds it is answered late
    if problem.kind != "unauthenticated" or not isinstance(problem.details, dict):
        return 0.0
    return float(problem.details.get("delay", 0.0))
