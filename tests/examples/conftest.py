"""The notifier, and the webhooks that it sends to: an HTTP server on the loopback address."""

from collections.abc import AsyncIterator, Callable
from pathlib import Path

import pytest

from tests.examples.program import Program, python_program
from tests.support.gateway import Gateway, gateway

TAKEN = {"code": 0, "errcode": 0}  # Lark's word, and DingTalk's


@pytest.fixture
async def webhooks() -> AsyncIterator[Gateway]:
    """Takes every message, as Lark, DingTalk and Slack do."""
    async with gateway((200, TAKEN)) as played:
        yield played


@pytest.fixture
def make_notifier(webhooks: Gateway, tmp_path: Path) -> Callable[[str, int], Program]:
    """The notifier with three webhooks, of a broker and a group."""

    def make(amqp_url: str, group_id: int) -> Program:
        urls = {f"NOTIFY_{name.upper()}_URL": f"{webhooks.url}/{name}" for name in ("lark", "dingtalk", "slack")}
        env = {"USERBUS_AMQP_URL": amqp_url, "NOTIFY_GROUP_ID": str(group_id), "NOTIFY_ANSWER_SECONDS": "1"}
        store = {"NOTIFY_STORE": str(tmp_path / "notify.sqlite")}
        return python_program("notify", env | urls | store, tmp_path / "notify.log")

    return make
