"""The log line of a refused command whose sender waits for no reply."""

import json

import structlog

from worker.delivery.envelope import Envelope
from worker.delivery.outcome import RequestOutcome

log = structlog.get_logger()


def log_refusal(envelope: Envelope, outcome: RequestOutcome) -> None:
    """Write the line that goes with the event `command.refused`: once a command, never with its body."""
    if outcome.name == "done" or not outcome.committed or envelope.reply_to is not None:
        return
    sender = {"message_id": envelope.message_id, "app_id": envelope.app_id}
    log.warning("command refused", name=envelope.name, **sender, code=json.loads(outcome.reply)["problem"]["code"])
