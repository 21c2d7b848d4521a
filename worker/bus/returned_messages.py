"""What the broker returns because no queue takes it, on channels without confirms."""

import logging
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import structlog
from aiormq.abc import DeliveredMessage
from pamqp.commands import Basic

log = structlog.get_logger()
_listeners: list[Callable[[str], None]] = []


@contextmanager
def log_returned_messages(tell: Callable[[str], None] = lambda _: None) -> Iterator[None]:
    """Log every returned message of this process as `reply lost`, and tell its address, until the block ends.

    Without confirms aiormq only logs returned messages, with their bodies. That line is replaced: replies hold tokens.
    """
    logger = logging.getLogger("aiormq.channel")
    logger.addFilter(_replace_line)  # the first that replaces a line is the last that sees it: one serves all blocks
    _listeners.append(tell)
    try:
        yield
    finally:
        _listeners.remove(tell)
        if not _listeners:
            logger.removeFilter(_replace_line)


def _replace_line(record: logging.LogRecord) -> bool:
    returned = record.args[0] if isinstance(record.args, tuple) and record.args else None
    if not isinstance(returned, DeliveredMessage) or not isinstance(returned.delivery, Basic.Return):
        return True
    correlation_id = returned.header.properties.correlation_id
    address = returned.delivery.routing_key or ""
    log.warning("reply lost", reason="no queue takes it", reply_to=address, correlation_id=correlation_id)
    for tell in [*_listeners]:
        tell(address)
    return False
