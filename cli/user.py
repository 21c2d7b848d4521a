"""`userbus user`, beyond single requests: find, set-password, sessions, sign-out, lockouts, unlock, export."""

import json
from collections.abc import AsyncIterator, Callable
from typing import Annotated, Any, TypeVar

import typer
from pydantic import SecretStr

from cli.connection import run, stop
from cli.output import print_line
from cli.password import read_password
from cli.requests.output import print_rows, print_view
from cli.table import print_table
from cli.who import HELP, find_number, read_number
from client.bus import Bus
from client.errors import NotFound
from contracts.accounts import ListAccounts
from contracts.audit import SearchAudit
from contracts.auth import ListLockouts, UnlockUser
from contracts.base import Request, View
from contracts.groups import GroupsOfUser
from contracts.lockout_views import CounterView
from contracts.roles import RolesOfUser
from contracts.search import Condition
from contracts.sessions import ListSessions, RevokeSession
from contracts.user_queries import GetUser, SearchUsers, UserField
from contracts.user_views import UserView
from contracts.users import UpdateUser

V = TypeVar("V", bound=View)
COUNTERS = ("counted by", "failures", "count until", "locked until")
TIME = "%Y-%m-%d %H:%M:%S UTC"
KEYS = ("uuid", "external_id", "login")
CONTAINED: tuple[UserField, ...] = ("username", "email", "telephone", "name")
Named = Annotated[str, typer.Argument(metavar="USER", help=HELP, show_default=False)]
Lines = Annotated[bool, typer.Option("--json", help="JSON, one object a line.")]
Limit = Annotated[int, typer.Option(min=1, max=1000, help="No more than so many.")]


def add_user_commands(group: typer.Typer) -> None:
    """Add the commands to the group of users."""
    group.command("find", epilog="Example: userbus user find ada")(find_users)
    group.command("set-password", epilog="Example: userbus user set-password 42 < password-file")(set_password)
    group.command("sessions", epilog="Example: userbus user sessions 42")(list_sessions)
    group.command("sign-out", epilog="Example: userbus user sign-out ada")(sign_user_out)
    group.command("lockouts", epilog="Example: userbus user lockouts ada")(list_lockouts)
    group.command("unlock", epilog="Example: userbus user unlock ada@example.com")(unlock_user)
    group.command("export", epilog="Example: userbus user export 42 > ada.json")(export_user)


def find_users(text: str, lines: Lines = False, limit: Limit = 20) -> None:
    """Find users by TEXT: their number, UUID, external id, or part of a username, e-mail, telephone or name.

    Disabled and soft-deleted ones too. Status 1 where there is none.
    """
    found = run(lambda bus: _find(bus, text, limit))
    if not found:
        stop(f"no user has {text!r} for an id, in its username, e-mail address, telephone number or name")
    rows = [user.model_dump(mode="json") for user in found[:limit]]
    if lines:
        for row in rows:
            print_line(json.dumps(row, ensure_ascii=False))
    else:
        print_rows(rows)


async def _find(bus: Bus, text: str, limit: int) -> list[UserView]:
    keys: list[dict[str, Any]] = [{name: text} for name in KEYS]
    if (number := read_number(text)) is not None:
        keys.insert(0, {"id": number})
    found: dict[int, UserView] = {}
    for key in keys:
        try:
            user = await bus.ask(GetUser(**key, include_deleted=True))
        except NotFound:
            continue
        found[user.id] = user
    for name in CONTAINED:
        where = [Condition[UserField](field=name, op="like", value=text)]
        page = await bus.ask(SearchUsers(filter=where, size=limit, include_deleted=True, count=False))
        found |= {user.id: user for user in page.items}
    return [*found.values()]


def set_password(user: Named, lines: Lines = False) -> None:
    """Give a user another password, which ends every open sign-in.

    It is asked for twice; without a terminal it is the first line of standard input. It is no option, since options are
    seen by everybody.
    """
    password = SecretStr(read_password())
    print_view(_ask_about(user, lambda id: UpdateUser(id=id, password=password)), lines)


def list_sessions(user: Named, lines: Lines = False) -> None:
    """List the open sign-ins of a user, the latest first."""
    print_view(_ask_about(user, lambda id: ListSessions(user_id=id)), lines)


def sign_user_out(user: Named, lines: Lines = False) -> None:
    """End every open sign-in of a user."""
    print_view(_ask_about(user, lambda id: RevokeSession(user_id=id)), lines)


def list_lockouts(user: Named, lines: Lines = False) -> None:
    """List the failed sign-ins of a user that still count: of the user in all realms, then with each identifier.

    Five with one identifier lock it for five minutes where the realm locks; 100 in an hour refuse every sign-in.
    """
    found = _ask_about(user, lambda id: ListLockouts(user_id=id))
    if lines:
        print_view(found, lines)
    elif not found.items:
        print_line("no failed sign-in counts")
    else:
        print_table(COUNTERS, [_cells(counter) for counter in found.items])


def _cells(found: CounterView) -> list[str]:
    counted = "the user, in all realms" if found.counter == "user" else f"its {found.counter}, in realm {found.realm}"
    locked = f"{found.locked_until:{TIME}}" if found.locked_until else "not locked"
    return [counted, str(found.failures), f"{found.counts_until:{TIME}}", locked]


def unlock_user(user: Named, lines: Lines = False) -> None:
    """Forget the failed sign-ins of a user, which ends its locks and delays."""
    print_view(_ask_about(user, lambda id: UnlockUser(id=id)), lines)


def export_user(user: Named) -> None:
    """Print what is stored of a person as one JSON object: user, accounts, roles, groups, sessions, audit entries."""
    told = run(lambda bus: _export(bus, user))
    for line in json.dumps(told, ensure_ascii=False, indent=2).splitlines():
        print_line(line)


def _ask_about(user: str, ask: Callable[[int], Request[V]]) -> V:
    async def find_and_ask(bus: Bus) -> V:
        return await bus.ask(ask(await find_number(bus, user)))

    return run(find_and_ask)


async def _export(bus: Bus, named: str) -> dict[str, Any]:
    id = await find_number(bus, named)
    user = await bus.ask(GetUser(id=id, include_deleted=True))
    accounts = await bus.ask(ListAccounts(user_id=id)) if user.status == 1 else None
    roles = await bus.ask(RolesOfUser(user_id=id)) if user.status == 1 else None
    groups = await bus.ask(GroupsOfUser(user_id=id)) if user.status == 1 else None
    sessions = await bus.ask(ListSessions(user_id=id))
    parts = {"accounts": accounts, "roles": roles, "groups": groups, "sessions": sessions}
    return {
        "user": user.model_dump(mode="json"),
        **{name: _items(part) for name, part in parts.items()},
        "audit": [entry async for entry in _read_audit(bus, id)],
    }


def _items(part: View | None) -> list[Any]:
    items: list[Any] = part.model_dump(mode="json")["items"] if part else []
    return items


async def _read_audit(bus: Bus, id: int) -> AsyncIterator[dict[str, Any]]:
    after: str | None = None
    while True:
        page = await bus.ask(SearchAudit(subject=f"user/{id}", size=1000, after=after))
        for entry in page.items:
            yield entry.model_dump(mode="json")
        if (after := page.next) is None:
            return
