"""`userbus` as a process of its own, without a terminal."""

import asyncio
import os

from tests.support.forked_programs import run_program


async def run_userbus(amqp_url: str, *words: str, text: str = "", **env: str) -> tuple[int, str, str]:
    """Run `userbus` with `text` on its standard input: exit status, standard output, standard error."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("USERBUS_")}
    return await asyncio.to_thread(run_program, ["cli", *words], kept | {"USERBUS_AMQP_URL": amqp_url, **env}, text)
