"""The options that select dead letters, shared by `list`, `redrive` and `drop`."""

import inspect
import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from functools import wraps
from typing import Annotated, Any

import typer

from client.sources import FIRST_TIME
from dead_letters.dead_letter import Selection

UNITS = {"s": "seconds", "m": "minutes", "h": "hours", "d": "days"}


def duration(text: str) -> timedelta:
    """90s, 5m, 2h or 7d; of more than since 1970 no more is meant, for nothing here is older."""
    found = re.fullmatch(r"(\d{1,20})([smhd])", text)
    if not found:
        raise typer.BadParameter("write an age as 90s, 5m, 2h or 7d, or a time as 2026-01-31T08:00:00Z")
    longest = datetime.now(UTC) - FIRST_TIME
    count, unit = int(found[1]), timedelta(**{UNITS[found[2]]: 1})
    return count * unit if count < longest / unit else longest


def age(text: str) -> timedelta:
    """90s, 5m, 2h or 7d; or how long ago a time was, in UTC where it does not say: 2026-01-31T08:00."""
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        return duration(text)
    return datetime.now(UTC) - max(moment if moment.tzinfo else moment.replace(tzinfo=UTC), FIRST_TIME)


Ids = Annotated[
    list[str] | None,
    typer.Argument(help="These message_ids only, whole or as much of each as is unique.", show_default=False),
]
Name = Annotated[str, typer.Option(help="The request's name; wildcards: 'user.*'.")]
Reason = Annotated[str, typer.Option(help="The code of the cause, as `list` shows it; wildcards: 'broker.*'.")]
WHEN = {"parser": age, "metavar": "AGE|TIME"}
Older = Annotated[timedelta | None, typer.Option(**WHEN, help="Dead for 90s, 5m, 2h or more, or since before a time.")]
Newer = Annotated[timedelta | None, typer.Option(**WHEN, help="Dead for 90s, 5m, 2h or less, or since after a time.")]
Caller = Annotated[str, typer.Option(help="The sender's app_id or RabbitMQ user; wildcards: 'bill*'.")]
Text = Annotated[str, typer.Option(help="A part of the cause's text, the exception or the body.")]


def selection(  # noqa: PLR0913  one for each option
    ids: Ids = None,
    *,
    name: Name = "*",
    reason: Reason = "*",
    older: Older = None,
    newer: Newer = None,
    caller: Caller = "*",
    text: Text = "",
) -> Selection:
    """The selection that these options describe."""
    return Selection(frozenset(ids or ()), name, reason, older, newer, text, caller)


def with_selection(command: Callable[..., None]) -> Callable[..., None]:
    """Give a command the options of `selection` in place of its first parameter, which takes the `Selection`."""
    shared = inspect.signature(selection).parameters
    _, *own = inspect.signature(command).parameters.values()

    @wraps(command)
    def call(**options: Any) -> None:
        chosen = selection(**{name: options.pop(name) for name in shared})
        command(chosen, **options)

    call.__signature__ = inspect.Signature([*shared.values(), *own])  # type: ignore[attr-defined]  # typer reads it
    return call
