"""`userbus import`: the command."""

import hashlib
from pathlib import Path
from typing import Annotated, Any, NoReturn

import typer
from rich.console import Console
from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeRemainingColumn

from cli.connection import run, stop
from cli.imports.dry_run import DryRun, Findings
from cli.imports.import_run import ImportRun, OnConflict, failed_rows
from cli.imports.options import add_passwords, find_shaping, find_surroundings
from cli.imports.progress import FileChanged, ImportProgress, file_digest
from cli.imports.row import UnreadableFile
from cli.imports.rows import RowBatch, UserFile
from cli.imports.shaping import Shaping
from cli.output import print_line

LINES = 20  # how many line numbers are printed


def import_users(  # noqa: PLR0913  one for each option
    file: Annotated[
        Path, typer.Argument(exists=True, dir_okay=False, help="A .csv, .tsv, .json, .jsonl or .sql file, .gz or not.")
    ],
    *,
    system: Annotated[
        str | None, typer.Option("--from", help="The system that wrote the file; without it, our own form.")
    ] = None,
    renamed: Annotated[
        list[str] | None, typer.Option("--map", help="COLUMN=FIELD: take a column as this field; COLUMN= drops it.")
    ] = None,
    fixed: Annotated[
        list[str] | None, typer.Option("--set", help="FIELD=VALUE: the same for all; FIELD= leaves it empty.")
    ] = None,
    country: Annotated[
        str | None, typer.Option("--default-country", help="Of telephones without a country, as in CN.")
    ] = None,
    hash_config: Annotated[
        Path | None, typer.Option(exists=True, help="Parameters of hashes that no export has, `name: value` a line.")
    ] = None,
    passwords: Annotated[
        Path | None, typer.Option(exists=True, help="Auth0's file of hashes, beside its profiles.")
    ] = None,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Read and check everything, write nothing, tell what would happen.")
    ] = False,
    show: Annotated[bool, typer.Option("--show", help="Show who is meant, in --dry-run and in the report.")] = False,
    on_conflict: Annotated[
        OnConflict, typer.Option(help="What becomes of a row whose identifier, id or account is taken.")
    ] = OnConflict.fail,
    parallel: Annotated[int, typer.Option(min=1, max=16, help="Calls in flight.")] = 4,
    again: Annotated[
        bool, typer.Option("--again", help="Forget the progress kept beside the file, start over.")
    ] = False,
) -> None:
    """Import users from FILE, with the password hashes of the system that they come from.

    docs/moving-in.md has a section for each system, and our own form: JSON, CSV or TSV with the fields of user.create
    but no plain password. docs/passwords.md lists the hashes. The whole file is read before the first user is created.

    A row that fails does not hold up the others: FILE.failed.jsonl lists line number and reason, with --show also the
    row, so that it can be corrected there and imported. Progress is kept in
    FILE.progress: after Ctrl-C or an outage the same command goes on where it stopped, and no row is imported twice.
    Status 0: everybody was created, skipped, or left out as their system says; 1: rows failed or it stopped; 130:
    interrupted.
    """
    shaping = find_shaping(system, renamed or (), fixed or (), find_surroundings(hash_config, country))
    users = _read(file, shaping, passwords)
    if dry_run:
        _check(DryRun(users, show, on_conflict is OnConflict.skip))
    beside = [file_digest(passwords)] if passwords else []
    reading = _digest(system, renamed, fixed, country, shaping.around.hash_config, *beside)
    _import(ImportRun(users, _open_progress(file, on_conflict.value, again, reading), on_conflict, parallel), show)


def _read(file: Path, shaping: Shaping, passwords: Path | None) -> UserFile:
    """Read the whole file, so that nothing is sent of one that cannot be read to its end."""
    try:
        users = UserFile(file, shaping)
        add_passwords(passwords, shaping)
        users.check()
    except UnreadableFile as error:
        stop(f"{file.name}: {error}")
    return users


def _check(dry_run: DryRun) -> NoReturn:
    """Print what an import would do; the status is 1 if somebody would not come."""
    try:
        run(dry_run.check)
    except UnreadableFile as error:
        stop(f"{dry_run.file.path.name}: {error}")
    found = dry_run.findings
    print_line(
        f"dry run: {found.importable:,} would be created, {found.skipped:,} skipped, {found.counts.total():,} not, "
        f"{found.left_out:,} left out"
    )
    _print_hashes(found)
    for kind, count in found.counts.most_common():
        print_line(f"{kind}: {count:,}, at line or record")
        for text in found.problems[kind]:
            print_line(f"  {text}")
    print_lost(dry_run.file.shaping)
    raise typer.Exit(1 if found.counts else 0)


def _print_hashes(found: Findings) -> None:
    for scheme, count in found.schemes.most_common():
        print_line(f"hashes: {count:,} {scheme}")
    if found.without_password:
        print_line(f"hashes: {found.without_password:,} that say that nobody can sign in")
    if found.without_hash:
        print_line(f"hashes: {found.without_hash:,} have none: these people set a password before they can sign in")


def _digest(*options: Any) -> str:
    return hashlib.sha256(repr(options).encode()).hexdigest() if any(options) else ""


def _import(import_run: ImportRun, show: bool) -> NoReturn:
    try:
        _send(import_run)
    except UnreadableFile as error:
        stop(f"{import_run.file.path.name}: {error}")
    except KeyboardInterrupt:
        print_line("userbus: interrupted: the same command goes on from here", err=True)
        raise typer.Exit(130) from None
    finally:
        _print_totals(import_run, show)
    print_lost(import_run.file.shaping)
    totals = import_run.progress.totals
    raise typer.Exit(1 if len(totals.failed) > totals.left_out else 0)


def _open_progress(file: Path, on_conflict: str, again: bool, reading: str) -> ImportProgress:
    try:
        return ImportProgress(file, on_conflict, again, reading)
    except FileChanged:
        stop(
            f"{file.name} or an option has changed since this import began: change it back, or import it as it is now, "
            "without those who are there already: add --again --on-conflict skip"
        )
    except OSError as error:
        stop(
            f"{file.name}: its progress cannot be kept beside it ({error.strerror}): copy it to a folder of your own, "
            "and import it there"
        )


def _send(import_run: ImportRun) -> None:
    columns = (BarColumn(), TaskProgressColumn(), TextColumn("{task.description}"), TimeRemainingColumn())
    with Progress(*columns, console=Console(stderr=True)) as screen:
        bar = screen.add_task("", total=import_run.file.path.stat().st_size)

        def advance(batch: RowBatch) -> None:
            done = max(screen.tasks[bar].completed, batch.end)
            screen.update(bar, completed=done, description=_totals_text(import_run.progress))

        run(lambda bus: import_run.send(bus, advance))


def _print_totals(import_run: ImportRun, show: bool) -> None:
    progress = import_run.progress
    print_line(_totals_text(progress))
    if report := progress.write_report(failed_rows(import_run) if show and progress.totals.failed else {}):
        advice = f"correct the rows in it, then: userbus import {report}" if show else "--show puts the rows in it"
        print_line(f"why rows failed: {report}; {advice}", err=True)
    if lines := progress.totals.without_password:
        first = ", ".join(map(str, sorted(lines)[:LINES]))
        print_line(f"{len(lines):,} without a password, as their hashes say: lines {first}", err=True)


def _totals_text(progress: ImportProgress) -> str:
    totals = progress.totals
    failed = len(totals.failed) - totals.left_out
    there = totals.repeated if progress.has_recorded else totals.created
    counts = {"created": totals.created - there, "already there": there}
    told = [f"{count:,} {word}" for word, count in counts.items() if count] or ["0 created"]
    told += [f"{totals.skipped:,} skipped", f"{failed:,} failed"]
    return ", ".join(told + ([f"{totals.left_out:,} left out"] if totals.left_out else []))


def print_lost(shaping: Shaping) -> None:
    """Print what of the file is not carried over, the most frequent first."""
    for (name, why), count in shaping.lost.most_common(LINES):
        print_line(f"not carried over, {count:,} times: {name}: {why}", err=True)
