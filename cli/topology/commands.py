"""`userbus topology`: plan and apply."""

import asyncio
import json
from collections.abc import Awaitable, Callable
from dataclasses import asdict
from typing import Annotated, TypeVar

import typer
from aio_pika.abc import AbstractConnection
from aio_pika.exceptions import AMQPError, ChannelInvalidStateError
from aiormq.exceptions import ChannelAccessRefused, ChannelLockedResource
from pydantic import ValidationError

from cli.broker import open_management
from cli.connection import read_settings, stop
from cli.management import ManagementFailed
from cli.output import print_line
from cli.table import print_table
from cli.topology.apply import apply_step
from cli.topology.found import Found, look_by_amqp, look_by_management
from cli.topology.move import LOCK, Mover, NotMovable
from cli.topology.plan import Step, make_plan
from cli.topology.settings import TopologySettings, read_topology_settings
from client.broker import connect_broker

T = TypeVar("T")
app = typer.Typer(no_args_is_help=True)
Lines = Annotated[bool, typer.Option("--json", help="One JSON object a step.")]
Yes = Annotated[bool, typer.Option("--yes", help="Do not ask.")]
FAILURES = (ValidationError, NotMovable, ManagementFailed, AMQPError, ChannelInvalidStateError, OSError)
Work = Callable[[AbstractConnection, TopologySettings], Awaitable[T]]


@app.command("plan", epilog="Example: userbus topology plan --json")
def show_plan(lines: Lines = False) -> None:
    """Tell how the broker differs from what workers declare, as the steps of `apply`, in order.

    With USERBUS_MANAGEMENT_URL it knows bindings and policies too. Status 1 where there is a difference.
    """
    steps = _run(_make_plan)
    _print_steps(steps, lines)
    raise typer.Exit(1 if steps else 0)


@app.command("apply", epilog="Example: userbus topology apply --yes")
def apply_plan(yes: Yes = False) -> None:
    """Take the steps of `plan`, while workers and callers go on.

    It needs USERBUS_MANAGEMENT_URL, and the worker's URL in USERBUS_AMQP_URL. A queue that is made anew is served again
    after some ten seconds; nothing is lost. It can be interrupted and run again. Status 1 where something is left to be
    done by hand.
    """
    _print_steps(steps := _run(_make_plan), lines=False)
    if steps and not yes:
        typer.confirm("Take these steps?", abort=True)
    left = _run(_apply)
    for step in left:
        print_line(f"left: {step.name}: {step.why}", err=True)
    raise typer.Exit(1 if left else 0)


async def _look(connection: AbstractConnection, settings: TopologySettings) -> Found:
    management = open_management(settings.management_url)
    if management is None:
        print_line("bindings and policies are not looked at: set USERBUS_MANAGEMENT_URL", err=True)
        return await look_by_amqp(connection, settings.topology)
    return await asyncio.to_thread(look_by_management, management)


async def _make_plan(connection: AbstractConnection, settings: TopologySettings) -> list[Step]:
    return make_plan(settings.topology, await _look(connection, settings))


async def _apply(connection: AbstractConnection, settings: TopologySettings) -> list[Step]:
    """Take the steps; return those to be done by hand."""
    management = open_management(settings.management_url)
    if management is None:
        stop("USERBUS_MANAGEMENT_URL is not set: AMQP alone does not tell what workers have in flight")
    async with connection.channel() as channel:
        await channel.declare_queue(LOCK, exclusive=True)  # one at a time; it goes with the connection
    found = await _look(connection, settings)
    mover = Mover(connection, management, print_line)
    for step in (steps := make_plan(settings.topology, found)):
        await apply_step(mover, settings.topology, found, step)
    return [step for step in steps if step.verb == "by hand"]


def _run(work: Work[T]) -> T:
    async def connect_and_work() -> T:
        settings = read_topology_settings()
        async with await connect_broker(read_settings().amqp_url.get_secret_value()) as connection:
            return await work(connection, settings)

    try:
        return asyncio.run(connect_and_work())
    except FAILURES as error:
        stop(_describe(error))
    except KeyboardInterrupt:
        print_line("userbus: interrupted: no message is lost; `userbus topology apply` goes on from here", err=True)
        raise typer.Exit(130) from None


def _describe(error: Exception) -> str:
    match error:
        case ValidationError():
            fault = error.errors(include_input=False)[0]
            return f"USERBUS_{str(fault['loc'][0]).upper()}: {fault['msg']}"
        case NotMovable() | ManagementFailed():
            return f"{error}; what was done stays done, and apply goes on from there"
        case ChannelLockedResource():
            return "another `userbus topology apply` is under way: wait until it has ended"
        case ChannelAccessRefused():
            return f"{error}; use the worker's URL in USERBUS_AMQP_URL, which may declare queues"
    return f"the broker cannot be used: {error}; is USERBUS_AMQP_URL right?"


def _print_steps(steps: list[Step], lines: bool) -> None:
    if lines:
        for step in steps:
            print_line(json.dumps(asdict(step), ensure_ascii=False, default=dict))
    elif steps:
        print_table(("step", "what", "name", "why"), [[str(n), s.verb, s.name, s.why] for n, s in enumerate(steps, 1)])
    else:
        print_line("the broker is as declared")
