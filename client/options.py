"""What a caller may say about a request besides its fields."""

from typing import TypedDict


class Options(TypedDict, total=False):
    """Options of one request; one that is absent or None has its default.

    - `message_id`: the idempotency key of a command, by default a new one. The same id with the same fields is carried
      out once and answered alike for as long as the service keeps it (7 days by default); with other fields it is
      refused as `message.id_reused`.
    - `timeout`: seconds until the deadline, which the service knows too; by default that of the connection. With 0 or
      less nothing is sent: TimedOut.
    - `actor`: on whose behalf, such as `user:42` or `token:billing`; events and the audit trail name it.
    - `client_address`: the network address of whoever the request is sent for; the audit trail has it.
    - `traceparent`, `tracestate`: the W3C trace context; events carry the traceparent on.
    - `retry`: whether to send again, with the same message_id, while the bus or the service is unavailable, until the
      deadline; by default as the connection says.
    """

    message_id: str | None
    timeout: float | None
    actor: str | None
    client_address: str | None
    traceparent: str | None
    tracestate: str | None
    retry: bool | None
