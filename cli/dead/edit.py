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
    try:
        return _edit(body) if sys.stdin.isatty() else sys.stdin.buffer.read().decode()
    except UnicodeDecodeError as error:
        raise NotRedriven("the new body is not in UTF-8: nothing was sent, the dead letter is where it was") from error


def _edit(body: bytes) -> str:
    edited = click.edit(_editable_text(body), extension=".json", require_save=True)
    if edited is None:
        raise NotRedriven("the editor ended without saving: nothing was sent")
    return edited


def _editable_text(body: bytes) -> str:
    try:
        text = json.dumps(json.loads(body), ensure_ascii=False, indent=2)
        text.encode()  # a half of a character (a surrogate), as JSON can tell it, goes into no file
    except (ValueError, RecursionError):
        return body.decode(errors="replace")
    return text
