"""The line of the list of services that an example asks for in its README is enough for it."""

import re
import sys
from collections.abc import Mapping
from pathlib import Path
from uuid import uuid4

from tests.examples.program import Program
from tests.support.client import Client
from tests.support.restricted import SERVICES
from tests.support.source import ROOT

ASKED = re.compile(r"--may (\S+) --events '?([\w.*]+)'?`")


async def test_the_notifier_may_listen_and_ask_and_no_more(urls: Mapping[str, str], tmp_path: Path) -> None:
    [(may, events)] = ASKED.findall((ROOT / "examples/notify/README.md").read_text())
    [service] = [each for each in SERVICES if each.name == "notify"]
    assert (service.may, service.events) == ((may,), (events,))
    env = {"USERBUS_AMQP_URL": urls["notify"], "NOTIFY_GROUP_ID": "1", "NOTIFY_SLACK_URL": "http://127.0.0.1:9"}
    store = {"NOTIFY_STORE": str(tmp_path / "notify.sqlite")}
    async with (
        Client(urls["billing"], caller="billing") as billing,
        Program([sys.executable, "-m", "notify"], ".", env | store, tmp_path / "log") as notifier,
    ):
        await notifier.start("waiting for events")
        await billing.done("user.create", {"username": f"user_{uuid4().hex[:8]}"})
        await notifier.wait_said("cannot be told: {'reason': 'unknown'")  # there is no group 1
        assert await notifier.stop() == 0
