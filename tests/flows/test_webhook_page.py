"""The examples of docs/webhooks.md check what workers really send."""

import re
import time
from collections.abc import Callable
from typing import Any

import pytest

from tests.support.client import Client
from tests.support.gateway import Received, gateway
from tests.support.source import ROOT
from tests.support.webhooks import a_receiver

BLOCKS = re.findall(r"```python\n(.*?)```", (ROOT / "docs" / "webhooks.md").read_text(), flags=re.S)


def example(number: int, name: str) -> Callable[..., Any]:
    """The function of an example."""
    namespace: dict[str, Any] = {}
    exec(compile(BLOCKS[number], "docs/webhooks.md", "exec"), namespace)
    function: Callable[..., Any] = namespace[name]
    return function


@pytest.fixture
async def sent(client: Client) -> tuple[str, Received]:
    """The secret of a webhook, and a delivery to it."""
    async with gateway((204, None)) as played:
        webhook = await a_receiver(client, played, "sms.*")
        await client.done("webhook.test", {"id": webhook["id"]})
        await played.arrived(1)
    return webhook["secret"], played.received[0]


async def test_the_example_with_the_library_takes_deliveries_and_refuses_others(
    sent: tuple[str, Received], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    secret, request = sent
    monkeypatch.setenv("WEBHOOK_SECRET", secret)
    receive = example(0, "receive")
    assert receive(request.headers, request.body) == 204
    assert capsys.readouterr().out.startswith("userbus.webhook.tested.v1 webhook/")
    assert receive(request.headers, request.body + b" ") == 401


async def test_the_example_without_a_library_does_the_same(sent: tuple[str, Received]) -> None:
    secret, request = sent
    is_authentic = example(1, "is_authentic")
    assert is_authentic(secret, request.headers, request.body)
    assert not is_authentic(secret, request.headers, request.body + b" ")
    stale = request.headers | {"webhook-timestamp": str(int(time.time()) - 600)}
    assert not is_authentic(secret, stale, request.body)
