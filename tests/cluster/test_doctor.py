"""What `userbus doctor` tells of a cluster: members, leaders, and a node that is gone."""

import asyncio
import json
import os
from collections.abc import AsyncIterator
from pathlib import Path

import aio_pika
import pytest

from contracts.topology.parts import placeless
from devstack.ports import HOST, free_port
from tests.support.cluster.broker_cluster import PASSWORD, BrokerCluster, broker_cluster
from tests.support.command_line import run_userbus
from tests.support.topology import declared_queue
from worker.bus.topology import declare

pytestmark = pytest.mark.skipif(not os.environ.get("FAULTS_CLUSTER"), reason="make faults-cluster")
FIGURES_SECONDS = 60.0  # the management API's are some seconds old


@pytest.fixture
async def cluster(tmp_path: Path) -> AsyncIterator[tuple[BrokerCluster, str]]:
    port = free_port()
    with broker_cluster(tmp_path, port) as up:
        await declare(up.url, 100_000, 7)
        yield up, f"http://userbus:{PASSWORD}@{HOST}:{port}"


async def wait_told(cluster: BrokerCluster, management: str, *told: tuple[str, str]) -> list[dict[str, str]]:
    """Wait until the doctor has a finding with each pair of state and text; all findings."""
    missing, findings = [*told], list[dict[str, str]]()
    async with asyncio.timeout(FIGURES_SECONDS):
        while missing:
            _, out, err = await run_userbus(cluster.url, "doctor", "--json", USERBUS_MANAGEMENT_URL=management)
            findings = [json.loads(line) for line in out.splitlines()]
            assert "Traceback" not in err
            texts = {(each["state"], f"{each['what']}: {each['told']}") for each in findings}
            missing = [(state, text) for state, text in told if not any(state == s and text in t for s, t in texts)]
    return findings


async def test_members_and_leaders_are_told(cluster: tuple[BrokerCluster, str]) -> None:
    up, management = cluster
    found = await wait_told(up, management, ("ok", "leaders: "), ("broken", "userbus.user: nobody consumes it"))
    (leaders,) = [each["told"] for each in found if each["what"] == "leaders"]
    assert leaders.count(" on userbus") == 3  # spread over all three nodes
    assert [each for each in found if "members" in each["told"]] == []
    async with await aio_pika.connect(up.nodes[0].url) as connection:
        channel = await connection.channel()
        await channel.queue_delete("userbus.sms")
        alone = {**placeless(declared_queue("userbus.sms").arguments), "x-quorum-initial-group-size": 1}
        await channel.declare_queue("userbus.sms", durable=True, arguments=alone)
    await wait_told(up, management, ("warning", "userbus.sms: 1 of 3 members"))
    gone = up.nodes[2]
    gone.server.kill()
    down = ("broken", f"node {gone.name}: is down")
    await wait_told(up, management, down, ("warning", f"userbus.user: members down: {gone.name}"))
