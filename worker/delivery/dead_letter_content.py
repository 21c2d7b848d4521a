"""What a dead letter holds: the body without secrets, and headers that say why, by whom and when it was given up."""

import traceback
from dataclasses import dataclass

from aio_pika.abc import HeadersType

from contracts.problem import Problem
from contracts.redaction import REDACTED, is_secret_name, redact, scrub
from models.store.document import now
from worker.delivery.bodies import MAX_UNKNOWN
from worker.delivery.envelope import Envelope

KNOWN_CODES = (
    *("service.fault", "store.unavailable", "sms.not_sent", "password.busy", "message.poison"),
    *("message.undecodable", "message.invalid", "message.too_large", "message.unknown_name", "message.id_missing"),
    *("broker.delivery_limit", "broker.rejected", "broker.maxlen"),
)
"""The codes of the problems that dead letters are known to have: docs/operations.md says what to do about each."""


@dataclass(frozen=True, slots=True)
class DeadLetterReason:
    """Why a message is dead-lettered: the problem; for a fault also the exception and its id in the log."""

    problem: Problem
    error: Exception | None = None
    fault: str = ""


def dead_letter_content(envelope: Envelope, reason: DeadLetterReason, worker: str) -> tuple[bytes, HeadersType]:
    """Return the body without its secret fields, and the headers that the dead letter has beside its message's own.

    A body that is larger than its request's may be is left out; `x-userbus-bytes` says how long it was.
    """
    # what cannot be unpacked may hold secrets that nobody sees
    is_dropped = bool(envelope.body_problem) or len(envelope.body) > _max_body(envelope)
    body, cut = (b"", ["(body)"]) if is_dropped else redact(envelope.entry, envelope.body)
    secrets: HeadersType = {key: REDACTED for key in envelope.headers if is_secret_name(key)}
    length: HeadersType = {"x-userbus-bytes": len(envelope.body), "x-userbus-redacted": ",".join(cut)}
    return body, secrets | _reason_headers(envelope, reason, worker) | length


def _reason_headers(envelope: Envelope, reason: DeadLetterReason, worker: str) -> HeadersType:
    error, at = reason.error, now().isoformat()
    text = scrub(envelope.entry, envelope.body, str(error)) if error else reason.problem.message
    return {
        "x-userbus-reason": "dead_lettered",
        "x-userbus-code": reason.problem.code,
        "x-userbus-text": text[:1000],
        "x-userbus-exception": type(error).__name__ if error else "",
        "x-userbus-trace": "".join(traceback.format_tb(error.__traceback__))[-4000:] if error else "",
        "x-userbus-fault": reason.fault,
        "x-userbus-name": envelope.name,
        "x-userbus-worker": worker,
        "x-userbus-attempts": envelope.attempt + 1,
        "x-userbus-deliveries": envelope.deliveries + 1,
        "x-userbus-first": envelope.first or at,
        "x-userbus-at": at,
    }


def _max_body(envelope: Envelope) -> int:
    return envelope.entry.max_body if envelope.entry else MAX_UNKNOWN
