"""One group of commands a noun, one command a request of the catalogue."""

import inspect
import json
import sys
from typing import Any

import typer

from cli.connection import run, stop
from cli.requests.fields import field_values, parameters, usage
from cli.requests.output import print_view
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
    "tenant": "Tenants.",
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


def add_nouns(app: typer.Typer) -> None:
    """Add the groups of all nouns to the command line."""
    for noun, text in NOUNS.items():
        group = typer.Typer(no_args_is_help=True, help=text)
        for entry in CATALOG.values():
            if entry.name.partition(".")[0] == noun and entry.name not in ELSEWHERE:
                _add_command(group, entry)
        app.add_typer(group, name=noun.replace("_", "-"))
    _add_command(app, CATALOG["audit.search"])


def command_words(name: str) -> list[str]:
    """The words of a request's command: `user set-status`, `role list`, `audit`."""
    noun, _, verb = name.replace("_", "-").partition(".")
    return ["audit"] if noun == "audit" else [noun, RENAMED.get(verb, verb)]


def _add_command(group: typer.Typer, entry: Entry) -> None:
    words = command_words(entry.name)
    is_destructive = words[-1] == "delete"

    def send(as_json: bool, yes: bool = False, **options: Any) -> None:
        if is_destructive and not yes:
            _confirm(entry.name, options)
        body = json.dumps(field_values(entry, options))
        print_view(run(lambda bus: bus.ask(entry.message.model_validate_json(body))), as_json)

    shared = [JSON, *([YES] if is_destructive else [])]
    send.__signature__ = inspect.Signature([*parameters(entry), *shared])  # type: ignore[attr-defined]  # typer reads it
    text = inspect.cleandoc(entry.message.__doc__ or "")
    example = f"Example: userbus {' '.join(words)} {usage(entry)}".strip()
    group.command(words[-1], help=text, epilog=example)(send)


def _confirm(name: str, options: dict[str, Any]) -> None:
    if not sys.stdin.isatty():
        stop(f"{name} cannot be undone: say --yes")
    typer.confirm(f"{name} {options.get('id')} cannot be undone. Go on?", abort=True)
