"""What the generated users may do over AMQP 1.0, which RabbitMQ 4 speaks itself: `make clients`."""

import asyncio
import json
import os
from pathlib import Path
from urllib.parse import unquote, urlsplit

import pytest

from access.service_grants import PROGRAMS
from contracts.catalog import CATALOG
from tests.support.patience import PATIENCE
from tests.support.restricted import SERVICES

PYTHON = os.environ.get("AMQP1_PYTHON")
PROGRAM = Path(__file__).parent / "programs" / "attack_with_proton.py"
CALLERS = {**PROGRAMS, **{service.name: service for service in SERVICES}}
LISTENS = {"watcher"}  # to all events, so that it may read the log
REFUSED = "amqp:unauthorized-access"

pytestmark = pytest.mark.skipif(PYTHON is None, reason="needs RabbitMQ 4: USERBUS_DEVSTACK=docker make clients")


@pytest.mark.parametrize("user", sorted(CALLERS.keys() - {"worker"}))
async def test_each_user_sends_what_the_list_says_in_its_own_name(urls: dict[str, str], user: str) -> None:
    url = urlsplit(urls[user])
    words = [str(PROGRAM), f"{url.hostname}:{url.port}", user, unquote(url.password or ""), ",".join(CATALOG)]
    ran = await asyncio.create_subprocess_exec(str(PYTHON), *words, stdout=asyncio.subprocess.PIPE)
    out, _ = await asyncio.wait_for(ran.communicate(), 4 * PATIENCE)
    assert ran.returncode == 0
    found = json.loads(out)
    assert [set(names) for names in found["requests"]] == [CALLERS[user].requests] * 2
    allowed = {"in its own name"} if "user.get" in CALLERS[user].requests else set()
    allowed |= {"take the log"} if user in LISTENS else set()
    assert {way for way, outcome in found["ways"].items() if outcome == "taken"} == allowed
    assert {outcome for outcome in found["ways"].values() if outcome != "taken"} == {REFUSED}
