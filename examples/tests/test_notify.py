"""notify, which knows nothing of our client, on userbus in memory: an event that comes twice is told once."""

import json
import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread

import pytest
from userbus import SyncBus
from userbus.contracts.apps import CreateApp
from userbus.contracts.groups import CreateGroup
from userbus.contracts.users import CreateUser, NewAccount
from userbus_testing import MemoryUserbus

EXAMPLES = Path(__file__).parents[1]
PATIENCE = 30.0  # seconds


class Slack(BaseHTTPRequestHandler):
    """Takes every message."""

    texts: list[str] = []

    def do_POST(self) -> None:  # the name is http.server's
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.texts.append(json.loads(body)["text"])
        self.send_response(200)
        self.end_headers()
        self.wfile.write(b"ok")

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@pytest.fixture
def slack_url() -> Iterator[str]:
    with ThreadingHTTPServer(("127.0.0.1", 0), Slack) as server:
        Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}/"
        server.shutdown()


@pytest.fixture
def group_id(userbus_sync_client: SyncBus) -> int:
    """A group of one, who is at Slack."""
    app = userbus_sync_client.ask(CreateApp(code="OPS", name="Operations"))
    group = userbus_sync_client.ask(CreateGroup(app_id=app.id, code="WATCHERS", name="Watchers"))
    at_slack = [NewAccount(integration="slack", account="U1")]
    userbus_sync_client.ask(CreateUser(username="watcher", accounts=at_slack, group_ids=[group.id]))
    return int(group.id)


def wait_until(is_so: Callable[[], object]) -> None:
    deadline = time.monotonic() + PATIENCE
    while not is_so():
        assert time.monotonic() < deadline
        time.sleep(0.05)  # between two looks at what was posted


def test_an_event_that_comes_twice_is_told_once(
    userbus: MemoryUserbus, userbus_sync_client: SyncBus, slack_url: str, group_id: int, tmp_path: Path
) -> None:
    settings = {"USERBUS_AMQP_URL": userbus.url, "NOTIFY_GROUP_ID": str(group_id), "NOTIFY_SLACK_URL": slack_url}
    env = {**os.environ, "NO_PROXY": "127.0.0.1", "NOTIFY_STORE": str(tmp_path / "notify.sqlite"), **settings}
    log = tmp_path / "notify.log"
    with log.open("w") as said:
        notify = subprocess.Popen([sys.executable, "-m", "notify"], cwd=EXAMPLES, env=env, stdout=said, stderr=said)
    try:
        wait_until(lambda: "waiting for events" in log.read_text())
        userbus_sync_client.ask(CreateUser(username="ada", name="Ada"))
        wait_until(lambda: Slack.texts)
        userbus.repeat(userbus.events[-1])
        wait_until(lambda: "is a repeat" in log.read_text())
    finally:
        notify.terminate()
        notify.wait(PATIENCE)
    assert Slack.texts == ["<@U1> Ada has joined."]
