"""Retries under way: what waits on the retry ladder, by name and step."""

from collections.abc import Sequence
from dataclasses import dataclass

from starlette.responses import Response

from bridge.console.page import ConsolePage, PageRequest, show
from contracts.retries import ListRetries, WaitingRetry

SIZE = 500
SHOWN = 100


@dataclass(frozen=True, slots=True)
class RetryGroup:
    """The requests of one name that wait at one step, the soonest first."""

    name: str
    step: str
    retries: Sequence[WaitingRetry]

    @property
    def causes(self) -> list[str]:
        """The codes of their causes, each once."""
        return sorted({each.cause or "unknown" for each in self.retries})


async def list_retries(request: PageRequest) -> Response:
    """Show what waits: by name and step, and one by one those of the name and the step that are asked for."""
    ladder = await request.ask(ListRetries(size=SIZE))
    asked = {field: request.query[field] for field in ("name", "step") if field in request.query}
    found = [each for each in ladder.items if all(getattr(each, field) == text for field, text in asked.items())]
    unread = sum(step.waiting for step in ladder.steps) - len(ladder.items)
    return request.render(
        "retries.html",
        steps=ladder.steps,
        groups=group_by_name(ladder.items),
        asked=asked,
        found=found[:SHOWN],
        total=len(found),
        unread=max(unread, 0),
    )


def group_by_name(retries: Sequence[WaitingRetry]) -> list[RetryGroup]:
    """Collect retries by name and step, the most first."""
    groups: dict[tuple[str, str], list[WaitingRetry]] = {}
    for each in retries:
        groups.setdefault((each.name, each.step), []).append(each)
    return [RetryGroup(*key, found) for key, found in sorted(groups.items(), key=lambda group: -len(group[1]))]


PAGE = ConsolePage("Retries", (show("/retries", list_retries),))
