"""`userbus migrate`: bring what is stored up to the version of the workers."""

from typing import Annotated

import typer

from cli.connection import run
from cli.output import print_line
from client.bus import Bus
from contracts.migrations import ListMigrations, MigrationView, RunMigration

SECONDS = 60.0


def migrate_store(
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Tell what is left to do, and change nothing.")] = False,
    yes: Annotated[
        bool,
        typer.Option("--yes", help="No worker of an earlier version runs: do what workers do not do by themselves."),
    ] = False,
) -> None:
    """Bring what is stored up to the version of the workers.

    Workers do the migrations beside which workers of an earlier version may run; this shows them, and hurries them.
    The others need --yes, once no worker of an earlier version is left: none starts afterwards. After Ctrl-C or an
    outage the same command goes on. Status 1: rows are left, or stay as they are until somebody corrects them.
    """
    states = run(lambda bus: _migrate(bus, dry_run, yes))
    for state in states:
        print_line(_text(state))
    raise typer.Exit(1 if any(state.left or state.stuck for state in states) else 0)


async def _migrate(bus: Bus, dry_run: bool, yes: bool) -> list[MigrationView]:
    states = (await bus.ask(ListMigrations(), timeout=SECONDS)).items
    return states if dry_run else [await _run(bus, state) if state.automatic or yes else state for state in states]


async def _run(bus: Bus, state: MigrationView) -> MigrationView:
    if state.left or state.stuck:
        state = await bus.ask(RunMigration(number=state.number), timeout=SECONDS, retry=True)
    while state.left:
        print_line(_text(state), err=True)
        state = await bus.ask(RunMigration(number=state.number), timeout=SECONDS, retry=True)
    return state


def _text(state: MigrationView) -> str:
    who = "by workers" if state.automatic else "by --yes, when no worker of an earlier version is left"
    done = "not begun" if state.began_at is None else f"begun {state.began_at:%Y-%m-%d %H:%M}"
    done = f"done {state.ended_at:%Y-%m-%d %H:%M}" if state.ended_at else done
    stuck = f", {state.stuck:,} stay as they are: the log of the workers names them" if state.stuck else ""
    return (
        f"{state.number} {state.name}: {state.summary} ({who}): {done}, {state.migrated:,} rows migrated, "
        f"{state.left:,} left{stuck}"
    )
