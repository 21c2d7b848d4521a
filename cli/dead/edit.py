"""Another body for a dead letter: from an editor, or from standard input."""

import asyncio
import json
import sys

import click

from dead_letters.edit import NotRedriven


async def ask_body(body: bytes) -> str:
    """Return the new body, from an editor, or from standard input where that is no terminal. Raises `NotRedriven`."""
    return await asyncio.to_thread(_ask, body)


def _ask(body: bytes) -> str:
    if not sys.stdin.isatty():
        return sys.stdin.read()
    try:
        shown = json.dumps(json.loads(body), ensure_ascii=False, indent=2)
    except ValueError:
        shown = body.decode(errors="replace")
    edited = click.edit(shown, extension=".json", require_save=True)
    if edited is None:
        raise NotRedriven("the editor ended without saving: nothing was sent")
    return edited
