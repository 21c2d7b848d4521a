"""`userbus dead`: look at the dead letters, send them again, drop them."""

import asyncio
import json
import os
import re
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from typing import Annotated, Any, TypeVar

import typer
from aio_pika.abc import AbstractIncomingMessage
from aio_pika.exceptions import AMQPError, ChannelInvalidStateError
from rich.console import Console
from rich.table import Table

from cli.client import Settings, stop
from cli.handling import Order, Tally, handle
from cli.letters import Letter, Selection, letter
from cli.parked import Parked, QueueFull
from contracts.catalog import CATALOG
from contracts.redaction import redacted

UNITS = {"s": "seconds", "m": "minutes", "h": "hours", "d": "days"}
T = TypeVar("T")
app = typer.Typer(no_args_is_help=True)


def duration(text: str) -> timedelta:
    """90s, 5m, 2h or 7d."""
    found = re.fullmatch(r"(\d+)([smhd])", text)
    if not found:
        raise typer.BadParameter("write an age as 90s, 5m, 2h or 7d")
    return timedelta(**{UNITS[found[2]]: int(found[1])})


Ids = Annotated[list[str] | None, typer.Argument(help="These message_ids only.", show_default=False)]
Name = Annotated[str, typer.Option(help="The request's name; wildcards: 'user.*'.")]
Reason = Annotated[str, typer.Option(help="The code of the cause, as `list` shows it; wildcards: 'broker.*'.")]
Older = Annotated[timedelta | None, typer.Option(parser=duration, metavar="AGE", help="Dead for 90s, 5m, 2h or more.")]
Newer = Annotated[timedelta | None, typer.Option(parser=duration, metavar="AGE", help="Dead for 90s, 5m, 2h or less.")]
Text = Annotated[str, typer.Option(help="A part of the cause's text, the exception or the body.")]
Limit = Annotated[int, typer.Option(min=1, help="No more than so many.")]
Everything = Annotated[bool, typer.Option("--all", help="Every dead letter: needed where no condition is given.")]
Dry = Annotated[bool, typer.Option("--dry-run", help="Only tell what would be done.")]
Rate = Annotated[float, typer.Option(min=0, help="At most so many a second; 0: as fast as it goes.")]
Lines = Annotated[bool, typer.Option("--json", help="One JSON object a line.")]
Yes = Annotated[bool, typer.Option("--yes", help="Do not ask.")]


@app.command("list")
def list_(  # noqa: PLR0913  # a command's options are its arguments
    ids: Ids = None,
    *,
    name: Name = "*",
    reason: Reason = "*",
    older: Older = None,
    newer: Newer = None,
    text: Text = "",
    limit: Limit = 100,
    lines: Lines = False,
) -> None:
    """List dead letters, oldest first. Looking marks each as delivered once more, nothing else changes."""
    selection = Selection(frozenset(ids or ()), name, reason, older, newer, text)
    found = [letter(message) for message in _run(lambda parked: _found(parked, selection))]
    if lines:
        for each in found[:limit]:
            typer.echo(json.dumps(_row(each), ensure_ascii=False))
    else:
        _table(found[:limit])
        typer.echo(f"{len(found)} dead letters" + (f", {limit} shown" if len(found) > limit else ""), err=True)


@app.command()
def show(message_id: Annotated[str, typer.Argument(help="The message_id, as `list` shows it.")]) -> None:
    """Show a dead letter with its whole cause; secret fields are hidden."""
    found = _run(lambda parked: _found(parked, Selection(frozenset([message_id]))))
    if not found:
        stop(f"no dead letter has the message_id {message_id}: see `userbus dead list`")
    for message in found:
        body, _ = redacted(CATALOG.get(message.routing_key or ""), message.body)
        typer.echo(f"name: {message.routing_key}\nmessage_id: {message.message_id}\napp_id: {message.app_id}")
        for key, value in sorted(message.headers.items()):
            typer.echo(f"{key}: {value!s}")
        typer.echo(f"\n{body.decode(errors='backslashreplace')}")


@app.command()
def redrive(  # noqa: PLR0913  # a command's options are its arguments
    ids: Ids = None,
    *,
    name: Name = "*",
    reason: Reason = "*",
    older: Older = None,
    newer: Newer = None,
    text: Text = "",
    limit: Limit = 1_000_000,
    everything: Everything = False,
    dry_run: Dry = False,
    rate: Rate = 0,
) -> None:
    """Send dead letters to the workers again, each under its own message_id, oldest first.

    Letters whose secrets were taken out cannot be sent again: their senders have to. Ctrl-C stops between two letters;
    the others stay where they were.
    """
    selection = Selection(frozenset(ids or ()), name, reason, older, newer, text)
    _carry_out(Order("redrive", _meant(selection, everything), limit, rate, dry_run))


@app.command()
def drop(  # noqa: PLR0913  # a command's options are its arguments
    ids: Ids = None,
    *,
    name: Name = "*",
    reason: Reason = "*",
    older: Older = None,
    newer: Newer = None,
    text: Text = "",
    limit: Limit = 1_000_000,
    everything: Everything = False,
    dry_run: Dry = False,
    yes: Yes = False,
) -> None:
    """Remove dead letters for good."""
    selection = _meant(Selection(frozenset(ids or ()), name, reason, older, newer, text), everything)
    if not (yes or dry_run):
        typer.confirm("Dropped letters cannot be had back. Drop them?", abort=True)
    _carry_out(Order("drop", selection, limit, 0, dry_run))


@app.command("log")
def log_() -> None:
    """Tell who has redriven and dropped what, oldest first, one JSON object a line; kept for a year."""
    for entry in _run(_told):
        typer.echo(json.dumps(entry, ensure_ascii=False))


def _meant(selection: Selection, everything: bool) -> Selection:
    if selection == Selection() and not everything:
        stop("say which letters: message_ids or --name, --reason, --older, --newer, --text; or --all")
    return selection


def _carry_out(order: Order) -> None:
    tally = Tally()
    try:
        if _run(lambda parked: _stopped(parked, order, tally)):
            raise KeyboardInterrupt
    except KeyboardInterrupt:
        typer.echo("userbus: interrupted: what was not handled stays where it was", err=True)
        raise typer.Exit(130) from None
    finally:
        words = {"redrive": "redriven", "drop": "dropped"}[order.verb]
        typer.echo(f"{tally.done} {'would be ' if order.dry_run else ''}{words}")
        for why, left in tally.left.items():
            typer.echo(f"{len(left)} left: {why} ({', '.join(left[:5])}{', …' if len(left) > 5 else ''})", err=True)
    raise typer.Exit(1 if tally.left else 0)


async def _stopped(parked: Parked, order: Order, tally: Tally) -> bool:
    await handle(parked, order, tally)
    return parked.stopped


def _run(work: Callable[[Parked], Awaitable[T]]) -> T:
    async def connected() -> T:
        settings = Settings(_secrets_dir=os.environ.get("USERBUS_SECRETS_DIR"))
        async with Parked(settings.amqp_url.get_secret_value()) as parked:
            return await work(parked)

    try:
        return asyncio.run(connected())
    except QueueFull as error:
        stop(f"the queue for {error} is full: wait until the workers have caught up, then go on")
    except (AMQPError, ChannelInvalidStateError, OSError) as error:
        stop(f"the broker is not available: {error}; is USERBUS_AMQP_URL right, and has a worker ever been started?")


async def _found(parked: Parked, selection: Selection) -> list[AbstractIncomingMessage]:
    return [message async for message in parked.letters() if selection.takes(letter(message))]


async def _told(parked: Parked) -> list[dict[str, Any]]:
    return [entry async for entry in parked.told()]


def _row(found: Letter) -> dict[str, Any]:
    return {
        "message_id": found.id,
        "name": found.name,
        "reason": found.reason,
        "text": found.text,
        "exception": found.exception,
        "attempts": found.attempts,
        "worker": found.worker,
        "first": found.first.isoformat() if found.first else None,
        "at": found.at.isoformat() if found.at else None,
        "redacted": found.redacted,
        "bytes": len(found.body),
    }


def _table(found: list[Letter]) -> None:
    console = Console()
    table = Table("message_id", "name", "reason", "age", "tries", "text", box=None)
    for each in found:
        age = each.age(datetime.now(UTC))
        shown = str(timedelta(seconds=int(age.total_seconds()))) if age else "?"
        words = f"{each.exception}: {each.text}" if each.exception else each.text
        table.add_row(each.id, each.name, each.reason, shown, str(each.attempts), words[:200])
    console.print(table)
