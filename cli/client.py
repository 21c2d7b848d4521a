"""One call over the bus from the command line, with clear words when it fails."""

import asyncio
import os
from collections.abc import Awaitable, Callable
from typing import NoReturn, TypeVar

import typer
from pydantic import Field, SecretStr
from pydantic_settings import BaseSettings, SettingsConfigDict

from bridge.bus import Bus, TimedOut, Unavailable
from bridge.wire import Refused

T = TypeVar("T")


class Settings(BaseSettings):
    """Where the bus is."""

    model_config = SettingsConfigDict(env_prefix="USERBUS_", frozen=True, env_ignore_empty=True)

    amqp_url: SecretStr = Field(default=SecretStr("amqp://guest:guest@127.0.0.1:5672/"))


def run(work: Callable[[Bus], Awaitable[T]]) -> T:
    """Connect, do the work, disconnect; a refusal or an outage ends the program with one sentence and status 1."""

    async def connected() -> T:
        settings = Settings(_secrets_dir=os.environ.get("USERBUS_SECRETS_DIR"))
        async with Bus(settings.amqp_url.get_secret_value(), app_id="userbus-cli") as bus:
            return await work(bus)

    try:
        return asyncio.run(connected())
    except Refused as error:
        stop(f"refused: {error.problem.message} ({error.problem.code})")
    except Unavailable as error:
        stop(f"the bus is not available: {error}; is USERBUS_AMQP_URL right and a worker running?")
    except TimedOut as error:
        stop(f"no answer in time: {error}; is a worker running?")


def stop(text: str) -> NoReturn:
    """End the program with a sentence on standard error and status 1."""
    typer.echo(f"userbus: {text}", err=True)
    raise typer.Exit(1)
