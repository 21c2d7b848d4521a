"""examples/curl beyond the dialects: every way a call can end, and events that come again."""

import asyncio
import json
import os
import shutil
import time
from asyncio.subprocess import PIPE
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from pymongo import AsyncMongoClient
from standardwebhooks import Webhook

from devstack.servers import RunningServers
from tests.bridge.conftest import RunningBridge, run_bridge
from tests.support.client import Client
from tests.support.patience import PATIENCE
from tests.support.scripted_worker import GOOD, NOW, USER, ScriptedWorker, done_reply, failed_reply
from tests.support.stack import Stack, without_heartbeat
from tests.support.webhooks import told

NEEDED = ("curl", "jq", "openssl")
pytestmark = pytest.mark.skipif(
    not all(map(shutil.which, NEEDED)), reason="needs curl, jq and openssl: apt-get install"
)
EXAMPLES = Path(__file__).parents[2] / "examples" / "curl"
NOBODY = 9_007_199_254_740_991
ENDS = [
    ("silence:", ""),
    ("200", "done:"),
    ("200", "done:"),
    ("the", "same answer"),
    ("409", "conflict:"),
    ("400", "invalid:"),
    ("400", "invalid:"),
    ("404", "not_found:"),
    ("401", "unauthenticated:"),
    ("200", "done:"),
    ("200", "done:"),
    ("200", "denied:"),
    ("200", "done:"),
    ("417", "throttled: again in "),
]


async def run(name: str, stdin: bytes = b"", **facts: str) -> tuple[bytes, str]:
    """What an example prints, and what it says beside that."""
    env = {**os.environ, "no_proxy": "127.0.0.1", **facts}
    process = await asyncio.create_subprocess_exec(
        EXAMPLES / f"{name}.sh", env=env, stdin=PIPE, stdout=PIPE, stderr=PIPE
    )
    output, said = await asyncio.wait_for(process.communicate(stdin), 3 * PATIENCE)
    assert process.returncode == 0, said
    return output, said.decode()


async def test_each_way_a_call_can_end_is_told_with_what_to_do(stack: Stack) -> None:
    output, said = await run("outcomes", USERBUS_URL=stack.url, USERBUS_TOKEN=stack.token)
    lines = [line.partition(" ") for line in output.decode().splitlines()]
    assert said == ""
    assert len(lines) == len(ENDS)
    for (first, _, rest), (status, meaning) in zip(lines, ENDS, strict=True):
        assert (first, rest.startswith(meaning)) == (status, True), output


async def test_what_is_not_answered_or_may_be_done_later_is_sent_again_under_the_same_key(
    impatient_bridge: RunningBridge,
) -> None:
    worker = impatient_bridge.worker
    replies = iter([failed_reply("store.unavailable", "unavailable"), None])
    worker.script["user.create"] = lambda _body: next(replies, done_reply(USER))
    worker.set_reply("user.get", failed_reply("user.not_found", "not_found"))
    worker.set_reply("auth.sign_in", failed_reply("auth.bad_credentials", "unauthenticated"))
    worker.set_reply("sms.send_code", failed_reply("sms.too_soon", "throttled", {"retry_after": 7}))
    output, _ = await run("outcomes", USERBUS_URL=impatient_bridge.url, USERBUS_TOKEN=GOOD)
    assert "200 done: go on" in output.decode()
    assert "417 throttled: again in 7 s" in output.decode()
    created = [message for message in worker.requests if message.routing_key == "user.create"]
    assert len({message.message_id for message in created[:3]}) == 1


@asynccontextmanager
async def refuse_to_store(mongo_url: str, email: str) -> AsyncIterator[None]:
    """Have MongoDB take no user with such an address while the block runs, as after a wrong hand at its rules."""
    async with AsyncMongoClient[dict[str, Any]](mongo_url) as client:
        database = client.get_default_database()
        await database.command("collMod", "users", validator={"email": {"$not": {"$regex": email}}})
        try:
            yield
        finally:
            await database.command("collMod", "users", validator={})


async def test_a_fault_of_userbus_is_told_as_such_where_the_status_does_not_say_it(stack: Stack) -> None:
    async with refuse_to_store(stack.mongo_url, "^curl_"):
        output, _ = await run("outcomes", USERBUS_URL=stack.url, USERBUS_TOKEN=stack.token)
    assert output.decode().splitlines().count("200 internal: keep it, and tell who runs userbus") == 1


async def test_what_does_not_end_in_time_is_kept(
    broker: RunningServers, worker: ScriptedWorker, tmp_path: Path
) -> None:
    (tmp_path / ".curlrc").write_text("retry-delay = 1\n")
    worker.set_reply("user.create", failed_reply("store.unavailable", "unavailable"))
    worker.set_reply("user.get", failed_reply("service.fault", "internal"))
    worker.set_reply("auth.sign_in", None)
    worker.set_reply("sms.send_code", done_reply({"expires_at": NOW, "resend_at": NOW}))
    home = str(tmp_path)
    async with run_bridge(
        without_heartbeat(broker.amqp_url), worker, bridge_timeout=2
    ) as bridge:  # 504 for sign-in alone
        output, _ = await run("outcomes", USERBUS_URL=bridge.url, USERBUS_TOKEN=GOOD, CURL_HOME=home)
    told = output.decode().splitlines()
    assert told.count("503 unavailable: keep it, and send it later under the same key") == 5
    assert told.count("504 unavailable: keep it, and send it later under the same key") == 1
    assert told.count("500 internal: keep it, and tell who runs userbus") == 1


@dataclass
class Inetd:
    """Runs newcomers.sh for each connection; an answer that is held is never sent: its connection is closed instead."""

    facts: dict[str, str]
    url: str = ""
    answers: list[str] = field(default_factory=list)
    said: list[str] = field(default_factory=list)
    held: asyncio.Event | None = None

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """One connection."""
        head = await reader.readuntil(b"\r\n\r\n")
        length = next(int(line.split(b":")[1]) for line in head.lower().split(b"\r\n") if b"content-length" in line)
        answer, said = await run("newcomers", head + await reader.readexactly(length), **self.facts)
        self.said.append(said)
        self.answers.append(answer.decode().split("\r\n")[0])
        if held := self.held:
            self.held = None
            await held.wait()
        else:
            writer.write(answer)
        writer.close()


@asynccontextmanager
async def inetd(**facts: str) -> AsyncIterator[Inetd]:
    """Serve on a free port until the block ends."""
    running = Inetd(facts)
    async with await asyncio.start_server(running.serve, "127.0.0.1") as server:
        running.url = "http://{}:{}/".format(*server.sockets[0].getsockname())
        yield running


async def create_role(client: Client) -> int:
    app = await client.done("app.create", {"code": uuid4().hex[:8], "name": "App"})
    role = await client.done("role.create", {"app_id": app["id"], "code": uuid4().hex[:8], "name": "Newcomer"})
    return int(role["id"])


async def roles_of(client: Client, user_id: int) -> list[int]:
    return [role["id"] for role in (await client.done("role.of_user", {"user_id": user_id}))["items"]]


async def test_an_event_that_comes_again_is_acted_on_once(stack: Stack, client: Client) -> None:
    role = await create_role(client)
    facts = {"USERBUS_URL": stack.url, "USERBUS_TOKEN": stack.token, "NEWCOMERS_ROLE_ID": str(role)}
    async with inetd(**facts) as receiver:
        webhook = await client.done("webhook.create", {"url": receiver.url, "events": ["user.created"]})
        receiver.facts["WEBHOOK_SECRET"] = webhook["secret"]
        await client.done("webhook.test", {"id": webhook["id"]})
        await told(client, webhook, "delivered", 1)
        receiver.held = lost = asyncio.Event()
        events = await client.events("role.assigned")
        user = await client.done("user.create", {"username": f"user_{uuid4().hex}"})
        await events.about(f"user/{user['id']}", 1)
        assert await roles_of(client, user["id"]) == [role]
        await client.done("role.revoke", {"user_id": user["id"]})
        lost.set()
        await told(client, webhook, "delivered", 2)
        assert await roles_of(client, user["id"]) == []
        await client.done("webhook.delete", {"id": webhook["id"]})
    assert set(receiver.answers) == {"HTTP/1.1 204 No Content"}
    assert [f"user {user['id']} has role {role}" in said for said in receiver.said] == [False, True, True]


def delivery(secret: str, about: dict[str, Any], age: float = 0) -> bytes:
    """A delivery as workers send it, so many seconds old."""
    body, event_id = json.dumps({"type": "userbus.user.created.v1", "data": about}), uuid4().hex
    at = datetime.fromtimestamp(time.time() - age, UTC)
    headers = {
        "Webhook-Id": event_id,
        "webhook-timestamp": str(int(at.timestamp())),
        "webhook-signature": f"v1,other {Webhook(secret).sign(event_id, at, body)}",
        "content-length": str(len(body)),
    }
    head = "".join(f"{name}: {text}\r\n" for name, text in headers.items())
    return f"POST / HTTP/1.1\r\n{head}\r\n{body}".encode()


async def test_only_what_userbus_has_just_signed_is_acted_on_and_what_cannot_be_done_now_is_asked_for_again(
    stack: Stack,
) -> None:
    secret = "whsec_" + "QUFB" * 8
    facts = {
        "USERBUS_URL": stack.url, "USERBUS_TOKEN": stack.token, "NEWCOMERS_ROLE_ID": "1", "WEBHOOK_SECRET": secret,
    }  # fmt: skip
    nobody = delivery(secret, {"id": NOBODY})
    for given, changed, status, reason in [
        (nobody, {}, 204, "is gone"),
        (nobody, {"USERBUS_URL": "http://127.0.0.1:9"}, 503, "the role was not given: 000"),
        (nobody, {"USERBUS_TOKEN": "unknown"}, 503, "the role was not given: 401"),
        (nobody, {"WEBHOOK_SECRET": "whsec_" + "QUFC" * 8}, 401, "not signed by userbus"),
        (delivery(secret, {"id": NOBODY}, age=600), {}, 401, "too old"),
        (delivery(secret, {"id": NOBODY}, age=-600), {}, 401, "from the future"),
        (b"POST / HTTP/1.1\r\n\r\n", {}, 401, "not signed by userbus"),
        (b"POST / HTTP/1.1\r\nContent-Length: 99999999\r\n\r\n", {}, 413, "no delivery is so long"),
    ]:
        answer, said = await run("newcomers", given, **{**facts, **changed})
        assert (answer[:12], reason in said) == (b"HTTP/1.1 %d" % status, True), said
