"""Logging: structured, to standard error; uvicorn's lines too."""

import logging
from typing import Literal

import structlog
from structlog.typing import EventDict, Processor

from contracts.harmless import harmless_values
from tracing.spans import add_trace_id


def configure(level_name: str, form: Literal["console", "json"]) -> None:
    """Set up logging for this process: readable lines, or one JSON object a line."""
    level = logging.getLevelNamesMapping()[level_name.upper()]
    shared: list[Processor] = [
        structlog.contextvars.merge_contextvars,
        add_trace_id,
        structlog.processors.add_log_level,
        structlog.processors.TimeStamper(fmt="iso"),
    ]
    formatter = structlog.stdlib.ProcessorFormatter(processors=_renderers(form), foreign_pre_chain=shared)
    handler = logging.StreamHandler()
    handler.setFormatter(formatter)
    logging.basicConfig(level=level, handlers=[handler], force=True)
    for library in ("aiormq", "aio_pika"):
        # They log every failed attempt to connect; the bus client logs the loss of the broker and its return once each.
        logging.getLogger(library).setLevel(logging.CRITICAL)
    structlog.configure(
        processors=[*shared, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        wrapper_class=structlog.make_filtering_bound_logger(level),
        logger_factory=structlog.stdlib.LoggerFactory(),
        cache_logger_on_first_use=True,
    )


def _renderers(form: Literal["console", "json"]) -> list[Processor]:
    # Plain tracebacks: the local variables of a frame may contain passwords and tokens.
    common: list[Processor] = [
        structlog.stdlib.ProcessorFormatter.remove_processors_meta,
        structlog.processors.format_exc_info,
    ]
    if form == "json":  # which escapes everything by itself
        return [*common, structlog.processors.JSONRenderer()]
    plain = structlog.dev.plain_traceback
    return [*common, _escape_texts, structlog.dev.ConsoleRenderer(colors=False, exception_formatter=plain)]


def _escape_texts(_logger: object, _method: str, entry: EventDict) -> EventDict:
    return harmless_values(entry)
