"""Find users."""

from collections.abc import Sequence
from typing import Any

from starlette.responses import Response

from bridge.console.named_users import find_named_users
from bridge.console.page import ConsolePage, PageRequest, show
from contracts.search import Condition, Order
from contracts.user_queries import SearchUsers, UserField
from contracts.user_views import UserView

SIZE = 50
CONTAINED: dict[str, UserField] = {"username": "username", "email": "email", "telephone": "telephone", "name": "name"}
FIELDS = (("", "Anything"), ("username", "Username"), ("email", "E-mail"), ("telephone", "Telephone"), ("name", "Name"))
STATES = (("", "All"), ("live", "Live"), ("disabled", "Disabled"), ("deleted", "Soft-deleted"))
CONDITIONS: dict[str, dict[UserField, int]] = {
    "live": {"status": 1, "disabled": 0},
    "disabled": {"status": 1, "disabled": 1},
    "deleted": {"status": -1},
}
LATEST = [Order[UserField](field="id", direction="desc")]


async def list_users(request: PageRequest) -> Response:
    """List the users that are asked for, the latest first, a page at a time."""
    text, field = request.query.get("text", ""), request.query.get("field", "")
    following, is_cut = None, False
    if text and field not in CONTAINED:
        users, is_cut = await _find_anything(request, text)
    else:
        conditions = [_condition(CONTAINED[field], "like", text)] if text else []
        users, following = await _search(request, conditions)
    return request.render(
        "users.html", users=users, after=following, is_cut=is_cut, fields=FIELDS, states=STATES, size=SIZE
    )


async def _find_anything(request: PageRequest, text: str) -> tuple[Sequence[UserView], bool]:
    """The users with this number or key, then those that contain the text; whether there are more of the latter."""
    found = await find_named_users(request, text)
    is_cut = False
    for name in CONTAINED.values():
        users, following = await _search(request, [_condition(name, "like", text)])
        found |= {user.id: user for user in users}
        is_cut = is_cut or following is not None
    return [*found.values()], is_cut


async def _search(
    request: PageRequest, conditions: list[Condition[UserField]]
) -> tuple[Sequence[UserView], str | None]:
    state = CONDITIONS.get(request.query.get("state", ""), {})
    page = await request.ask(
        SearchUsers(
            filter=[*conditions, *(_condition(name, "eq", value) for name, value in state.items())],
            sort=LATEST,
            size=SIZE,
            after=request.query.get("after"),
            count=False,
            include_deleted=True,
        )
    )
    return page.items, page.next


def _condition(field: UserField, op: Any, value: Any) -> Condition[UserField]:
    return Condition[UserField](field=field, op=op, value=value)


PAGE = ConsolePage("Users", (show("/users", list_users),))
