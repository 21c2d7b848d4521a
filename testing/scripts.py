"""The trouble that a test wants to happen to the next requests of a name."""

from collections import defaultdict, deque
from dataclasses import dataclass
from typing import Any, Literal, get_args

from client.errors import KINDS
from contracts.catalog import CATALOG
from contracts.nearest import nearest_names
from contracts.problem import Kind, Problem

Silence = Literal["not carried out", "reply lost"]
CODE = "test.injected"


@dataclass(frozen=True, slots=True)
class ScriptedTrouble:
    """What happens to one request: it fails with a problem, or nobody answers it."""

    problem: Problem | None = None
    silence: Silence | None = None


UNTROUBLED = ScriptedTrouble()


class Script:
    """Troubles by the name of the request, each used up by one delivery."""

    def __init__(self) -> None:
        self._troubles: defaultdict[str, deque[ScriptedTrouble]] = defaultdict(deque)

    def add(self, name: str, trouble: ScriptedTrouble, times: int) -> None:
        """Have something happen to the next requests of a name. Raises ValueError for a name that there is not."""
        if name not in CATALOG:
            near = " or ".join(nearest_names(name, CATALOG))
            raise ValueError(f"no request is called {name!r}" + (f": did you mean {near}?" if near else ""))
        self._troubles[name].extend([trouble] * times)

    def take(self, name: str) -> ScriptedTrouble:
        """Return what happens to the request that is here now."""
        return self._troubles[name].popleft() if self._troubles[name] else UNTROUBLED


def make_problem(kind: Kind, code: str, message: str, details: Any) -> Problem:
    """Return a problem. Raises ValueError for a kind that there is not."""
    if kind not in KINDS:
        raise ValueError(f"{kind!r} is no kind of problem: it is one of {', '.join(get_args(Kind))}")
    return Problem(kind=kind, code=code, message=message, details=details)
