"""What the broker returns because no queue takes it, on channels without confirms."""

import logging

import structlog
from aiormq.abc import DeliveredMessage
from pamqp.commands import Basic

log = structlog.get_logger()


def log_returned_messages() -> None:
    """Log every returned message of this process as `reply lost`.

    Without confirms aiormq only logs returned messages, with their bodies. That line is replaced: replies hold tokens.
    """
    logging.getLogger("aiormq.channel").addFilter(_replace_line)


def _replace_line(record: logging.LogRecord) -> bool:
    returned = record.args[0] if isinstance(record.args, tuple) and record.args else None
    if not isinstance(returned, DeliveredMessage) or not isinstance(returned.delivery, Basic.Return):
        return True
    correlation_id = returned.header.properties.correlation_id
    address = returned.delivery.routing_key
    log.warning("reply lost", reason="no queue takes it", reply_to=address, correlation_id=correlation_id)
    return False
