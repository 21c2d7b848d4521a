"""`userbus dead`: list, show, redrive and drop dead letters, and show the audit log."""

import asyncio
import json
import sys
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from typing import Annotated, Any, NoReturn, TypeVar

import typer
from aio_pika.abc import AbstractIncomingMessage
from aio_pika.exceptions import AMQPError, ChannelInvalidStateError
from aiormq.exceptions import ChannelAccessRefused, ChannelNotFoundEntity

from cli.connection import NO_TOPOLOGY, describe_no_broker, read_settings, stop
from cli.dead.actions import run_job
from cli.dead.edit import ask_body
from cli.dead.options import age, with_selection
from cli.dead.output import print_dead_letters, print_groups, print_json_lines, print_message, print_runs
from cli.operator import operator
from cli.output import print_line
from dead_letters.audit_log import read_entries
from dead_letters.candidates import find_candidates
from dead_letters.dead_letter import AmbiguousPrefix, Selection, dead_letter
from dead_letters.edit import Edit, NotRedriven, redrive_edited
from dead_letters.job import Job, Result, remove_undeliverable
from dead_letters.queue import DeadLetterQueue, QueueFull
from dead_letters.runs import collect_runs

T = TypeVar("T")
app = typer.Typer(no_args_is_help=True)

Limit = Annotated[int, typer.Option(min=1, help="No more than so many.")]
Everything = Annotated[bool, typer.Option("--all", help="Every dead letter: needed where no condition is given.")]
Dry = Annotated[bool, typer.Option("--dry-run", help="Only tell what would be done.")]
Rate = Annotated[float, typer.Option(min=0, help="At most so many a second; 0: as fast as it goes.")]
Lines = Annotated[bool, typer.Option("--json", help="One JSON object a line.")]
Groups = Annotated[bool, typer.Option("--groups", help="How many each cause has, in place of each dead letter.")]
Edited = Annotated[
    str,
    typer.Option("--edit", metavar="WHY", help="Change the body of one: in $EDITOR, or from standard input."),
]
Since = Annotated[
    timedelta | None,
    typer.Option(parser=age, metavar="AGE|TIME", help="What was done in the last 2h or 7d, or since a time."),
]
Yes = Annotated[bool, typer.Option("--yes", help="Do not ask.")]


@app.command("list", epilog="Example: userbus dead list --older 1h --name 'user.*'")
@with_selection
def list_dead_letters(
    selection: Selection, *, limit: Limit = 100, groups: Groups = False, lines: Lines = False
) -> None:
    """List dead letters, oldest first. Looking marks each as delivered once more, nothing else changes."""
    messages, missing = _run(lambda queue: _find(queue, selection))
    found = [dead_letter(message) for message in messages]
    if groups:
        print_groups(found, lines)
    elif lines:
        print_json_lines(found[:limit])
    else:
        print_dead_letters(found[:limit])
        print_line(f"{len(found)} dead letters" + (f", {limit} shown" if len(found) > limit else ""), err=True)
    if missing:
        _stop_for_missing(missing)


@app.command(epilog="Example: userbus dead show 4f6c")
def show(
    message_id: Annotated[str, typer.Argument(help="The message_id, as `list` shows it, or its beginning.")],
) -> None:
    """Show a dead letter with its whole cause; secret fields are hidden."""
    found, missing = _run(lambda queue: _find(queue, Selection(frozenset([message_id]))))
    if missing:
        _stop_for_missing(missing)
    for message in found:
        print_message(message)


@app.command(epilog="Example: userbus dead redrive --reason store.unavailable --rate 50")
@with_selection
def redrive(
    selection: Selection,
    *,
    limit: Limit = 1_000_000,
    everything: Everything = False,
    dry_run: Dry = False,
    rate: Rate = 0,
    edit: Edited = "",
) -> None:
    """Send dead letters to the workers again, each under its own message_id, oldest first.

    Dead letters whose secrets were taken out cannot be sent again: their senders have to.

    Ctrl-C stops between two dead letters; the others stay where they were. With --edit one is sent with another body,
    under its own message_id, also one whose secrets were taken out; the log names who did it and why.
    """
    if edit:
        if dry_run or everything:
            stop("--edit changes one dead letter: name it, without --all and --dry-run")
        return _redrive_edited(selection, edit)
    _require_condition(selection, everything)
    _run_job(Job("redrive", selection, operator(), limit, rate, dry_run))


@app.command(epilog="Example: userbus dead drop --reason message.undecodable --older 7d")
@with_selection
def drop(
    selection: Selection,
    *,
    limit: Limit = 1_000_000,
    everything: Everything = False,
    dry_run: Dry = False,
    yes: Yes = False,
) -> None:
    """Remove dead letters for good."""
    _require_condition(selection, everything)
    if not (yes or dry_run):
        _confirm("Dropped dead letters cannot be recovered", "Drop them?")
    _run_job(Job("drop", selection, operator(), limit, 0, dry_run))


@app.command("drop-undeliverable", epilog="Example: userbus dead drop-undeliverable --yes")
def drop_undeliverable(*, yes: Yes = False) -> None:
    """Remove for good what the broker cannot deliver, neither to a worker nor to this command."""
    if not yes:
        _confirm("Nobody has seen what they say, and they cannot be recovered", "Drop them?")
    typer.echo(f"{_run(lambda queue: remove_undeliverable(queue, operator()))} dropped")


@app.command("log", epilog="Example: userbus dead log --since 7d")
def show_log(*, since: Since = None, lines: Lines = False) -> None:
    """Tell who has redriven, changed and dropped what, the newest first; kept for a year.

    With --json each entry as it is stored, the oldest first.
    """
    begin = datetime.now(UTC) - since if since else None
    if lines:
        for entry in _run(lambda queue: _read_log(queue, begin)):
            print_line(json.dumps(entry, ensure_ascii=False))
    else:
        print_runs(_run(lambda queue: collect_runs(read_entries(queue.channel, begin))))


def _redrive_edited(selection: Selection, why: str) -> None:
    id = _run(lambda queue: redrive_edited(queue, Edit(selection, why, operator()), ask_body))
    print_line(f"{id} redriven with another body")


def _stop_for_missing(ids: list[str]) -> NoReturn:
    told = " or ".join(id or "'', which is empty" for id in ids)
    stop(f"no dead letter has a message_id that begins with {told}: see `userbus dead list`")


def _confirm(what: str, question: str) -> None:
    if not sys.stdin.isatty():
        stop(f"{what}: nothing was dropped; say --yes")
    typer.confirm(f"{what}. {question}", abort=True)


def _require_condition(selection: Selection, everything: bool) -> None:
    if selection == Selection() and not everything:
        stop("say which dead letters: message_ids or --name, --reason, --caller, --older, --newer, --text; or --all")


def _run_job(job: Job) -> None:
    result = Result()
    try:
        if _run(lambda queue: run_job(queue, job, result)):
            raise KeyboardInterrupt
    except KeyboardInterrupt:
        print_line("userbus: interrupted: dead letters that were not handled stay where they were", err=True)
        raise typer.Exit(130) from None
    finally:
        _print_result(job, result)
    raise typer.Exit(1 if result.skipped else 0)


def _print_result(job: Job, result: Result) -> None:
    words = {"redrive": "redriven", "drop": "dropped"}[job.verb]
    print_line(f"{result.done} {'would be ' if job.dry_run else ''}{words}")
    for why, ids in result.skipped.items():
        print_line(f"{len(ids)} left: {why} ({', '.join(ids[:5])}{', …' if len(ids) > 5 else ''})", err=True)


def _run(work: Callable[[DeadLetterQueue], Awaitable[T]]) -> T:
    async def open_and_work() -> T:
        settings = read_settings()
        async with DeadLetterQueue(settings.amqp_url.get_secret_value(), settings.require_caller) as queue:
            done = await work(queue)
            _print_others(queue)
            return done

    try:
        return asyncio.run(open_and_work())
    except AmbiguousPrefix as error:
        stop(f"{error}; nothing was done: write more of the one that you mean")
    except NotRedriven as error:
        stop(str(error))
    except QueueFull as error:
        stop(f"the queue for {error} is full: wait until the workers have caught up, then go on")
    except (AMQPError, ChannelInvalidStateError, OSError) as error:
        stop(_explain(error))


def _explain(error: Exception) -> str:
    if isinstance(error, ChannelAccessRefused):
        return f"the broker refuses it: {error}; USERBUS_AMQP_URL needs the worker's RabbitMQ user for dead letters"
    return NO_TOPOLOGY if isinstance(error, ChannelNotFoundEntity) else describe_no_broker(error)


def _print_others(queue: DeadLetterQueue) -> None:
    if queue.elsewhere:
        told = "more were in the hands of another command, or of the console: look again once it has ended"
        print_line(f"{queue.elsewhere} {told}", err=True)
    if count := queue.undeliverable:
        typer.echo(f"{count} more cannot be delivered by the broker: see `userbus dead drop-undeliverable`", err=True)


async def _find(queue: DeadLetterQueue, selection: Selection) -> tuple[list[AbstractIncomingMessage], list[str]]:
    """Return the selected messages, and those of the given ids that no dead letter has."""
    candidates = await find_candidates(queue, selection)
    selected = [message async for message in candidates.messages if candidates.selection.matches(dead_letter(message))]
    return selected, candidates.missing


async def _read_log(queue: DeadLetterQueue, since: datetime | None) -> list[dict[str, Any]]:
    return [entry async for entry in read_entries(queue.channel, since)]
