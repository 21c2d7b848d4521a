"""One log line a request, without what was in its body."""

from uuid import uuid4

from structlog.testing import capture_logs
from structlog.typing import EventDict

from tests.support.client import Client
from tests.support.stack import Stack
from worker.delivery.envelope import Envelope
from worker.delivery.request_log import RequestLog

TRACE = "0af7651916cd43dd8448eb211c80319c"


def request_lines(logs: list[EventDict], message_id: str) -> list[EventDict]:
    return [line for line in logs if line["event"] == "request" and line["message_id"] == message_id]


async def test_a_request_leaves_one_line_that_tells_who_asked_and_what_became_of_it(client: Client) -> None:
    name, key, password = uuid4().hex, uuid4().hex, f"correct horse {uuid4().hex}"
    headers = {"x-actor": "user:42", "traceparent": f"00-{TRACE}-b7ad6b7169203331-01"}
    about = {"message_id": key, "app_id": "billing", "headers": headers}
    with capture_logs() as logs:
        await client.done("user.create", {"username": name, "password": password}, **about)
        await client.refused("user.create", {"username": name}, message_id=f"{key}2")
        await client.done("user.get", {"username": name})  # the lines before are written by then
    (done,), (refused,) = request_lines(logs, key), request_lines(logs, f"{key}2")
    told = [done[field] for field in ("name", "app_id", "actor", "trace_id", "outcome", "log_level")]
    assert told == ["user.create", "billing", "user:42", TRACE, "done", "info"]
    assert done["correlation_id"]
    assert done["ms"] > 0
    assert (refused["outcome"], refused["actor"], refused["trace_id"]) == ("conflict", None, None)
    assert name not in str(logs)
    assert password not in str(logs)


async def test_the_token_of_a_reply_is_not_logged(client: Client, stack: Stack) -> None:
    with capture_logs() as logs:
        issued = await client.done("token.issue", {"name": "logged", "scopes": ["rbac"]})
        await client.done("token.verify", {"token": issued["token"]})
        await client.done("token.revoke", {"id": issued["id"]})
    assert {"token.issue", "token.verify"} <= {line.get("name") for line in logs}
    assert issued["token"] not in str(logs)


def test_the_lines_can_be_switched_off() -> None:
    with capture_logs() as logs:
        RequestLog(is_enabled=False).write(Envelope("user.get", None, b""), "done", 0.1)
        RequestLog(is_enabled=True).write(Envelope("user.get", None, b"", traceparent="nonsense"), "done", 0.1)
    assert [(line["name"], line["trace_id"], line["ms"]) for line in logs] == [("user.get", None, 100.0)]
