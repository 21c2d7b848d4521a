"""Apps as several pages name and offer them."""

from collections.abc import Set

from bridge.console.page import PageRequest
from contracts.apps import AppField, SearchApps
from contracts.search import Condition

MOST = 1000


async def load_app_codes(request: PageRequest, numbers: Set[int]) -> dict[int, str]:
    """The codes of these apps by their numbers; raises as `PageRequest.ask` does."""
    if not numbers:
        return {}
    where = [Condition[AppField](field="id", op="in", value=sorted(numbers))]
    found = await request.ask(SearchApps(filter=where, size=MOST, count=False))
    return {app.id: app.code for app in found.items}


async def load_app_choices(request: PageRequest) -> list[tuple[str, str]]:
    """The number and the code of each app, as a field offers them, the first 1,000."""
    found = await request.ask(SearchApps(size=MOST, count=False))
    return [(str(app.id), app.code) for app in found.items]
