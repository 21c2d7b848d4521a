"""One group of commands a noun, one command a request of the catalogue."""

import inspect
import json
import sys
from collections.abc import Callable, Sequence
from typing import Any

import typer

from cli.audit import verify_audit
from cli.connection import run, stop
from cli.requests.fields import field_values, parameters, usage
from cli.requests.output import print_view
from cli.who import replace_names
from client.bus import Bus
from contracts.base import Deleted, View
from contracts.catalog import CATALOG
from contracts.entry import Entry

NOUNS = {
    "user": "Users: get, list, create, update, disable, delete …",
    "account": "Accounts of users at integrations.",
    "session": "Open sign-ins: list, revoke.",
    "role": "Roles, and who has them.",
    "group": "Groups, and who is in them.",
    "app": "Applications, which own roles, groups and resources.",
    "resource": "Resources, which roles grant.",
    "resource_type": "Types of resources.",
    "integration": "Integrations: where accounts are.",
    "webhook": "Webhooks: events for receivers without a bus; deliveries, redrive, test.",
    "tenant": "Tenants.",
    "retry": "What waits on the retry ladder.",
    "sms": "SMS codes: status, send, verify.",
}
ELSEWHERE = frozenset({"user.import", "user.check_import"})  # `userbus import`
RENAMED = {"search": "list"}
JSON = inspect.Parameter(
    "as_json",
    inspect.Parameter.KEYWORD_ONLY,
    default=typer.Option(False, "--json", help="JSON, one object a line."),
    annotation=bool,
)
YES = inspect.Parameter(
    "yes", inspect.Parameter.KEYWORD_ONLY, default=typer.Option(False, "--yes", help="Do not ask."), annotation=bool
)


def add_nouns(app: typer.Typer) -> dict[str, typer.Typer]:
    """Add the groups of all nouns to the command line, and return them."""
    groups = dict[str, typer.Typer]()
    for noun, text in NOUNS.items():
        group = typer.Typer(no_args_is_help=True, help=text)
        for entry in CATALOG.values():
            if entry.name.partition(".")[0] == noun and entry.name not in ELSEWHERE:
                _add_command(group, entry)
        app.add_typer(group, name=noun.replace("_", "-"))
        groups[noun] = group
    _add_audit(app)
    return groups


def command_words(name: str) -> list[str]:
    """The words of a request's command: `user set-status`, `role list`, `audit`."""
    noun, _, verb = name.replace("_", "-").partition(".")
    return ["audit"] if name == "audit.search" else [noun, RENAMED.get(verb, verb)]


def _add_audit(app: typer.Typer) -> None:
    """`userbus audit` searches by itself, and has a command below it."""
    search, text, example = _make_command(CATALOG["audit.search"])

    def search_unless(context: typer.Context, **options: Any) -> None:
        if context.invoked_subcommand is None:
            search(**options)

    context = inspect.Parameter("context", inspect.Parameter.POSITIONAL_OR_KEYWORD, annotation=typer.Context)
    _sign(search_unless, [context, *inspect.signature(search).parameters.values()])
    audit = typer.Typer(invoke_without_command=True, callback=search_unless, help=text, epilog=example)
    audit.command("verify", epilog="Example: userbus audit verify --head 42:9f86d081…")(verify_audit)
    app.add_typer(audit, name="audit")


def _add_command(group: typer.Typer, entry: Entry) -> None:
    send, text, example = _make_command(entry)
    group.command(command_words(entry.name)[-1], help=text, epilog=example)(send)


def _make_command(entry: Entry) -> tuple[Callable[..., None], str, str]:
    """The function that sends a request made of its options, its help, and an example."""
    words = command_words(entry.name)
    is_destructive = words[-1] == "delete"

    def send(as_json: bool, yes: bool = False, **options: Any) -> None:
        if is_destructive and not yes:
            _confirm(entry.name, options)
        values = field_values(entry, options)
        view = run(lambda bus: _ask(bus, entry, values))
        print_view(view, as_json)
        if isinstance(view, Deleted) and not view.deleted:
            stop(f"nothing was deleted: there is no such {words[0]}")

    _sign(send, [*parameters(entry), JSON, *([YES] if is_destructive else [])])
    text = inspect.cleandoc(entry.message.__doc__ or "")
    return send, text, f"Example: userbus {' '.join(words)} {usage(entry)}".strip()


async def _ask(bus: Bus, entry: Entry, values: dict[str, Any]) -> View:
    body = json.dumps(await replace_names(bus, entry, values))
    view: View = await bus.ask(entry.message.model_validate_json(body))
    return view


def _sign(function: Callable[..., None], signature: Sequence[inspect.Parameter]) -> None:
    function.__signature__ = inspect.Signature(signature)  # type: ignore[attr-defined]  # typer reads it


def _confirm(name: str, options: dict[str, Any]) -> None:
    if not sys.stdin.isatty():
        stop(f"{name} cannot be undone: say --yes")
    typer.confirm(f"{name} {options.get('id')} cannot be undone. Go on?", abort=True)
