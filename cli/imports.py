"""`userbus import`: users from a file, resumable."""

import asyncio
import csv
from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeRemainingColumn

from bridge.bus import Bus, Call, TimedOut, Unavailable
from bridge.wire import Refused
from cli.client import run, stop
from cli.ledger import Changed, Ledger
from cli.rows import Batch, Source, Unreadable
from contracts.imports import Imported, ImportUsers

TRIES = 6
SECONDS = 60.0
Advance = Callable[[Batch], None]


class OnConflict(StrEnum):
    """What becomes of a row whose identifier, id or account is taken."""

    skip = "skip"
    fail = "fail"


@dataclass(frozen=True, slots=True)
class Importing:
    """One import: where its rows come from, what has become of them, how it is sent."""

    source: Source
    ledger: Ledger
    on_conflict: OnConflict
    parallel: int

    async def send(self, bus: Bus, advance: Advance) -> None:
        """Send the batches that are not finished, `parallel` at a time."""
        running: set[asyncio.Task[None]] = set()
        try:
            for batch in self.source.batches():
                if self.ledger.knows(batch.first):
                    advance(batch)
                    continue
                running.add(asyncio.create_task(self._finish(bus, batch, advance)))
                if len(running) >= self.parallel:
                    running = await _fewer(running)
            while running:
                running = await _fewer(running)
        finally:
            for task in running:
                task.cancel()
            await asyncio.gather(*running, return_exceptions=True)

    async def _finish(self, bus: Bus, batch: Batch, advance: Advance) -> None:
        failed = {line: _problem("row.unreadable", why) for line, why in batch.faults.items()}
        outcome = await self._outcome(bus, batch)
        if isinstance(outcome, Refused):
            failed |= dict.fromkeys(batch.lines, _problem(outcome.problem.code, outcome.problem.message))
            self.ledger.record(batch.first, 0, 0, failed)
        else:
            told = {batch.lines[row.index]: row.problem.model_dump(mode="json") for row in outcome.failed}
            self.ledger.record(batch.first, outcome.created, outcome.skipped, failed | told)
        advance(batch)

    async def _outcome(self, bus: Bus, batch: Batch) -> Imported | Refused:
        body = ImportUsers(users=batch.rows, on_conflict=self.on_conflict.value)
        about = Call(message_id=self.ledger.message_id(batch.first, batch.rows), timeout=SECONDS)
        for tries in range(1, TRIES + 1):
            try:
                outcome: Imported = await bus.call("user.import", body, about)
                return outcome
            except (Unavailable, TimedOut, Refused) as error:
                if isinstance(error, Refused) and error.problem.kind == "invalid":
                    return error
                if tries == TRIES or (isinstance(error, Refused) and error.problem.kind != "unavailable"):
                    raise
            await asyncio.sleep(2.0 ** (tries - 2))
        raise AssertionError("the last try returns or raises")


def import_users(
    file: Annotated[Path, typer.Argument(exists=True, dir_okay=False, help="A .csv, .jsonl, .ndjson or .json file.")],
    on_conflict: Annotated[
        OnConflict, typer.Option(help="What becomes of a row whose identifier, id or account is taken.")
    ] = OnConflict.fail,
    parallel: Annotated[int, typer.Option(min=1, max=16, help="Calls in flight.")] = 4,
    again: Annotated[
        bool, typer.Option("--again", help="Forget the progress kept beside the file, start over.")
    ] = False,
) -> None:
    """Import users from FILE, with the password hashes of the system that they come from.

    JSON lines: one object a line, with the fields of user.create but no plain password: username, email, name,
    telephone, mobile, position, company, gender, usertype, password_hash, id, role_ids, group_ids, accounts
    ([{"integration": "lark", "account": "ou_1"}]); at least one of username, email, telephone.

    CSV: the same names in the first line; empty cells are absent. role_ids and group_ids are separated by semicolons
    (3;4), accounts are written lark:ou_1;slack:U2.

    Hashes may be bcrypt, pbkdf2_sha256 or pbkdf2_sha512 (Django's too), scrypt, sha256_crypt, sha512_crypt or argon2;
    a user's hash is upgraded at the first sign-in.

    A row that fails does not hold up the others: FILE.failed.jsonl lists line number and reason. Progress is kept in
    FILE.progress: after Ctrl-C or an outage the same command goes on where it stopped, and no row is imported twice.
    Status 0: every row was created or skipped; 1: rows failed or it stopped; 130: interrupted.
    """
    importing = Importing(Source(file), _ledger(file, on_conflict.value, again), on_conflict, parallel)
    try:
        _shown(importing)
    except (Unreadable, csv.Error) as error:
        stop(f"{file.name}: {error}")
    except KeyboardInterrupt:
        typer.echo("userbus: interrupted: the same command goes on from here", err=True)
        raise typer.Exit(130) from None
    finally:
        _tell(importing.ledger)
    raise typer.Exit(1 if importing.ledger.totals.failed else 0)


def _ledger(file: Path, on_conflict: str, again: bool) -> Ledger:
    try:
        return Ledger(file, on_conflict, again)
    except Changed:
        stop(f"{file.name} or --on-conflict has changed since this import began: change it back, or add --again")


def _shown(importing: Importing) -> None:
    columns = (BarColumn(), TaskProgressColumn(), TextColumn("{task.description}"), TimeRemainingColumn())
    with Progress(*columns, console=Console(stderr=True)) as progress:
        bar = progress.add_task("", total=importing.source.path.stat().st_size)

        def advance(batch: Batch) -> None:
            done = max(progress.tasks[bar].completed, batch.end)
            progress.update(bar, completed=done, description=_sums(importing.ledger))

        run(lambda bus: importing.send(bus, advance))


def _tell(ledger: Ledger) -> None:
    typer.echo(_sums(ledger))
    if report := ledger.report():
        typer.echo(f"why rows failed: {report}", err=True)


def _sums(ledger: Ledger) -> str:
    totals = ledger.totals
    return f"{totals.created:,} created, {totals.skipped:,} skipped, {len(totals.failed):,} failed"


async def _fewer(running: set[asyncio.Task[None]]) -> set[asyncio.Task[None]]:
    done, left = await asyncio.wait(running, return_when=asyncio.FIRST_COMPLETED)
    for task in done:
        await task
    return left


def _problem(code: str, message: str) -> dict[str, Any]:
    return {"kind": "invalid", "code": code, "message": message, "details": None}
