"""Run one command over the bus; a failure ends the program with one sentence."""

import asyncio
import os
from collections.abc import Awaitable, Callable
from typing import NoReturn, TypeVar

import typer
from pydantic import SecretStr, ValidationError
from pydantic_settings import BaseSettings, SettingsConfigDict

from cli.operator import operator
from cli.output import print_line
from client.bus import Bus
from client.errors import BusError, TimedOut
from contracts.environment import SecretAmqpUrl, TlsSettings, describe_mistyped
from contracts.faults import fault_text

T = TypeVar("T")
WRONG_OPTIONS = 2  # the status that the parser of options gives too
NO_TIME = "neither a time, as 2026-01-31T08:00:00Z, nor an age, as 90s, 5m, 2h or 7d"
RIGHTS = (
    "this needs another RabbitMQ user in USERBUS_AMQP_URL, the operator's for requests, the worker's for events; what "
    "a service may do: `userbus service show`"
)
NO_TOPOLOGY = "the broker has no exchanges and queues of userbus: start a worker, which declares them"


class Settings(TlsSettings, BaseSettings):
    """The address of the bus."""

    model_config = SettingsConfigDict(env_prefix="USERBUS_", frozen=True, env_ignore_empty=True)

    amqp_url: SecretAmqpUrl = SecretStr("amqp://guest:guest@127.0.0.1:5672")
    require_caller: bool = False


def read_settings() -> Settings:
    """Read the settings; a wrong URL or a mistyped name ends the program with one sentence and status 1."""
    if mistyped := describe_mistyped(os.environ, Settings.model_fields):
        stop(mistyped[0])
    try:
        return Settings(_secrets_dir=os.environ.get("USERBUS_SECRETS_DIR"))
    except ValidationError as error:
        name, _, fault = _first_fault(error).partition(": ")
        stop(f"USERBUS_{name.upper()}: {fault}")


def run(work: Callable[[Bus], Awaitable[T]]) -> T:
    """Connect, do the work, disconnect; a refusal or an outage ends the program with one sentence and status 1.

    A request whose fields are not those of its contract, as the options gave them, ends it with status 2.
    """

    async def connect_and_work() -> T:
        url = read_settings().amqp_url.get_secret_value()
        async with Bus(url, app_id="userbus-cli", retry=False, actor=f"operator:{operator()}") as bus:
            _require_connection(bus)
            return await work(bus)

    try:
        return asyncio.run(connect_and_work())
    except TimedOut as error:
        stop(f"no answer in time: {error.message}; is a worker running?")
    except ValidationError as error:
        stop(f"{_first_fault(error)}; --help of the command has an example", WRONG_OPTIONS)
    except BusError as error:
        stop(_explain(error))


def _explain(error: BusError) -> str:
    if "ACCESS_REFUSED" in error.message:
        return f"the broker refuses it: {error.message}; {RIGHTS}"
    if error.code.startswith("bus."):
        return f"the bus is not available: {error.message}; is USERBUS_AMQP_URL right and a worker running?"
    return f"refused: {error.message} ({error.code}{_describe(error.details)})"


def _describe(details: object) -> str:
    """What a problem tells besides, as `; retry_after 58`; lists are of faults, which the message is about."""
    return "".join(f"; {name} {value}" for name, value in details.items()) if isinstance(details, dict) else ""


def _require_connection(bus: Bus) -> None:
    """Stop, with the broker's own reason, where the first attempt to connect has failed."""
    if bus.state == "no broker":
        stop(describe_no_broker(bus.failure))
    if bus.state == "no topology":
        stop(NO_TOPOLOGY)


def describe_no_broker(failure: BaseException | None) -> str:
    """Return the sentence about a broker that cannot be used, with its own reason and what to look at."""
    return f"the broker cannot be used: {str(failure) or repr(failure)}; {_advice()}"


def _advice() -> str:
    if "amqp_url" in read_settings().model_fields_set:
        return "is USERBUS_AMQP_URL right?"
    return "USERBUS_AMQP_URL is not set: this machine was tried; while `make up` runs, .local/dev.env has the URL"


def _first_fault(error: ValidationError) -> str:
    fault = error.errors(include_input=False)[0]
    text = NO_TIME if fault["type"].startswith("datetime") else fault_text(fault)
    where = ".".join(map(str, fault["loc"]))  # nowhere, where it is about several fields
    return f"{where}: {text}" if where else text


def stop(text: str, status: int = 1) -> NoReturn:
    """End the program with a sentence on standard error and a status."""
    print_line(f"userbus: {text}", err=True)
    raise typer.Exit(status)
