"""What all pages of the console have in common: headers, other sites, errors, hostile texts."""

import re
from typing import Any
from urllib.parse import quote

import pytest

from devstack.servers import RunningServers
from tests.bridge.conftest import run_bridge
from tests.bridge.console.conftest import SignedInOperator
from tests.support.client import Client
from tests.support.console import COOKIE, Visitor, asked_by_pages, create_root
from tests.support.scripted_worker import SESSION, USER, ScriptedWorker, done_reply, failed_reply

ROOT = {"session": SESSION | {"realm": "console"}, "user": USER | {"root": 1}}
MARKUP = "<script>alert(1)</script><img src=x onerror=alert(1)>"
TEMPLATE = "{{ 6 * 7 }}{% if true %}"


async def test_pages_allow_nothing_inline_and_nothing_from_elsewhere(operator: SignedInOperator) -> None:
    answer = await operator.visitor.http.get("/console/users")
    policy = dict(part.strip().partition(" ")[::2] for part in answer.headers["content-security-policy"].split(";"))
    assert {policy[name] for name in ("default-src", "base-uri", "frame-ancestors")} == {"'none'"}
    assert {policy[name] for name in ("script-src", "style-src", "form-action", "connect-src")} == {"'self'"}
    assert answer.headers["cache-control"] == "no-store"
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert not any(
        word in answer.text for word in ("<style", "style=", "onclick", "javascript:", "http://", "https://")
    )


@pytest.mark.parametrize(("name", "kind"), [("console.css", "text/css"), ("console.js", "text/javascript")])
async def test_what_pages_load_is_served(stranger: Visitor, name: str, kind: str) -> None:
    answer = await stranger.http.get(f"/console/assets/{name}")
    assert (answer.status_code, answer.headers["content-type"]) == (200, f"{kind}; charset=utf-8")


async def test_a_password_is_masked_and_can_be_pasted_and_nothing_is_kept_in_the_browser(stranger: Visitor) -> None:
    (field,) = re.findall('<input[^>]*name="password"[^>]*>', await stranger.read("/sign-in"))
    assert ('type="password"' in field, 'autocomplete="current-password"' in field) == (True, True)
    script = (await stranger.http.get("/console/assets/console.js")).text
    assert script
    assert not any(
        word in script for word in ("paste", "localStorage", "sessionStorage", "indexedDB", "document.cookie")
    )


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"Origin": "https://evil.example"},
        {"Origin": "null"},
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site"},
        {"Sec-Fetch-Site": "none"},
    ],
)
async def test_a_form_of_another_site_is_refused(operator: SignedInOperator, headers: dict[str, str]) -> None:
    for path in ("/console/sign-out", "/console/sign-in"):
        answer = await operator.visitor.http.post(path, data={"login": "a", "password": "b"}, headers=headers)
        assert (answer.status_code, "set-cookie" in answer.headers) == (403, False)
    await operator.visitor.read("/users")


async def test_a_page_that_is_none_is_a_page(operator: SignedInOperator, stranger: Visitor) -> None:
    assert "There is no such page." in await operator.visitor.read("/nowhere", 404)
    assert "There is no such page." in await stranger.read("/nowhere/at/all", 404)
    assert (await stranger.http.get("/console")).headers["location"] == "/console/overview"


async def test_a_form_that_cannot_be_read_is_refused(operator: SignedInOperator) -> None:
    visitor = operator.visitor
    assert (await visitor.send("/sign-in", login="a" * 1_100_000)).status_code == 413
    headers = {"Origin": str(visitor.http.base_url).rstrip("/"), "Content-Type": "application/x-www-form-urlencoded"}
    assert (await visitor.http.post("/console/sign-in", content=b"login=%ff", headers=headers)).status_code == 400


@pytest.mark.parametrize(
    ("kind", "status"),
    [
        ("invalid", 400), ("denied", 403), ("not_found", 404), ("conflict", 409), ("throttled", 429),
        ("internal", 500), ("unavailable", 503),
    ],
)  # fmt: skip
async def test_a_refusal_is_a_sentence_with_its_code_and_message_id(
    broker: RunningServers, worker: ScriptedWorker, kind: str, status: int
) -> None:
    worker.set_reply("session.resolve", done_reply(ROOT))
    details: Any = {"retry_after": 3} if kind == "throttled" else None
    worker.set_reply("user.search", failed_reply("some.code", kind, details))
    async with run_bridge(broker.amqp_url, worker, console=True) as bridge:
        answer = await bridge.client.get("/console/users", headers={"Cookie": f"{COOKIE}=abc"})
    assert (answer.status_code, "<h1>No.</h1>" in answer.text, "some.code" in answer.text) == (status, True, True)
    asked = asked_by_pages(worker)[-1]
    assert asked.message_id
    assert asked.message_id in answer.text
    assert ("retry-after" in answer.headers) == (kind == "throttled")


async def test_no_answer_and_an_unreadable_answer_are_pages_too(broker: RunningServers, worker: ScriptedWorker) -> None:
    worker.set_reply("session.resolve", done_reply(ROOT))
    headers = {"Cookie": f"{COOKIE}=abc"}
    async with run_bridge(broker.amqp_url, worker, console=True, bridge_timeout=0.2) as bridge:
        worker.set_reply("user.search", None)
        assert (await bridge.client.get("/console/users", headers=headers)).status_code == 504
    async with run_bridge(broker.amqp_url, worker, console=True) as bridge:
        worker.set_reply("user.search", done_reply({"items": 5}))
        assert (await bridge.client.get("/console/users", headers=headers)).status_code == 500


@pytest.mark.parametrize("user", [USER | {"root": 0}, USER | {"root": 1, "disabled": 1}])
async def test_the_console_trusts_no_session_of_another(
    broker: RunningServers, worker: ScriptedWorker, user: dict[str, Any]
) -> None:
    worker.set_reply("session.resolve", done_reply(ROOT | {"user": user}))
    async with run_bridge(broker.amqp_url, worker, console=True) as bridge:
        answer = await bridge.client.get("/console/users", headers={"Cookie": f"{COOKIE}=abc"})
    assert answer.headers["location"] == "/console/sign-in?next=%2Fconsole%2Fusers"
    assert [request.type for request in asked_by_pages(worker)] == ["session.resolve"]


async def test_hostile_texts_show_as_texts(client: Client, operator: SignedInOperator) -> None:
    hostile = f"{MARKUP}{TEMPLATE}\u202e\u2066\u200b"
    user = await create_root(client, root=0, name=hostile, company=hostile)
    typed = quote(f"<script>alert(1)\x9b\u202e{TEMPLATE}")
    for path in (f"/users?text={user['id']}", f"/users?text={typed}&field=name"):
        page = await operator.visitor.read(path)
        assert TEMPLATE in page
        assert "<script>alert" not in page
        assert "<img" not in page
        assert not any(char in page for char in "\x9b\u202e\u2066\u200b")
    assert f"&lt;script&gt;alert(1)\\u009b&#{0x202E};" in page
