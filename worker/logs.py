"""Logging: structured, to standard error, never with a secret in it."""

import io
import logging
import os
import sys
from contextlib import suppress
from typing import Literal, TextIO, cast

import structlog


class Lossy(io.TextIOBase):
    """Writes to a stream, and drops what that does not take: nobody reads it any more, its disk is full, it is closed.

    A log line that cannot be written must not end the work that it tells of.
    """

    def __init__(self, stream: TextIO | None) -> None:
        self._stream = stream

    def write(self, text: str) -> int:
        """Write and flush; the length of the text, written or not."""
        if self._stream is not None:
            with suppress(OSError, ValueError):
                _write(self._stream, text)
        return len(text)


def _write(stream: TextIO, text: str) -> None:
    try:
        stream.write(text)
        stream.flush()
    except BrokenPipeError:
        # what the stream still holds would fail again at the end, and turn the exit status of a good end into 120
        with open(os.devnull, "w") as nowhere:
            os.dup2(nowhere.fileno(), stream.fileno())


def configure(form: Literal["console", "json"]) -> None:
    """Set up logging for this process: readable lines, or one JSON object a line."""
    stream = cast(TextIO, Lossy(sys.stderr))
    renderer = structlog.processors.JSONRenderer() if form == "json" else structlog.dev.ConsoleRenderer(colors=False)
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.processors.format_exc_info,
            renderer,
        ],
        wrapper_class=structlog.make_filtering_bound_logger(logging.INFO),
        logger_factory=structlog.WriteLoggerFactory(stream),
    )
    logging.basicConfig(level=logging.WARNING, stream=stream)
