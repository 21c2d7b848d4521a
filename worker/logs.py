"""Structured logging to standard error."""

import io
import logging
import os
import sys
from contextlib import suppress
from typing import Literal, TextIO, cast

import structlog
from structlog.typing import EventDict, Processor

from contracts.harmless import harmless_text, harmless_values
from tracing.spans import add_trace_id


class LossyStream(io.TextIOBase):
    """Writes to a stream and drops what it does not take: closed, its reader gone, its disk full.

    A log line that cannot be written must not end the work that it reports.
    """

    def __init__(self, stream: TextIO | None) -> None:
        self._stream = stream

    def write(self, text: str) -> int:
        """Write and flush; return the length of the text, written or not."""
        if self._stream is not None:
            with suppress(OSError, ValueError):
                _write(self._stream, text)
        return len(text)


def _write(stream: TextIO, text: str) -> None:
    try:
        stream.write(text)
        stream.flush()
    except BrokenPipeError:
        # what the stream still holds would fail again at exit, and turn exit status 0 into 120
        with open(os.devnull, "w") as nowhere:
            os.dup2(nowhere.fileno(), stream.fileno())


def configure_logging(level_name: str, form: Literal["console", "json"]) -> None:
    """Set up logging for this process: readable lines, or one JSON object per line."""
    level = logging.getLevelNamesMapping()[level_name.upper()]
    stream = cast(TextIO, LossyStream(sys.stderr))
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            add_trace_id,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.processors.format_exc_info,
            *_renderers(form),
        ],
        wrapper_class=structlog.make_filtering_bound_logger(level),
        logger_factory=structlog.WriteLoggerFactory(stream),
    )
    handler = logging.StreamHandler(stream)
    handler.setFormatter(HarmlessFormatter(logging.BASIC_FORMAT))
    logging.basicConfig(level=logging.WARNING, handlers=[handler])


class HarmlessFormatter(logging.Formatter):
    """Formats records of libraries, which may quote what came from outside."""

    def format(self, record: logging.LogRecord) -> str:
        """Return the record as text whose further lines are indented."""
        return harmless_text(super().format(record), keep="\n").replace("\n", "\n    ")


def _renderers(form: Literal["console", "json"]) -> list[Processor]:
    if form == "json":  # which escapes everything by itself
        return [structlog.processors.JSONRenderer()]
    plain = structlog.dev.plain_traceback
    return [_escape_texts, structlog.dev.ConsoleRenderer(colors=False, exception_formatter=plain)]


def _escape_texts(_logger: object, _method: str, entry: EventDict) -> EventDict:
    return harmless_values(entry)
