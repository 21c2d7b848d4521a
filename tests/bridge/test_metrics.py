"""The bridge's metrics, on a port of their own."""

import httpx
import pytest

from devstack.ports import free_port
from devstack.servers import RunningServers
from tests.bridge.conftest import run_bridge
from tests.support.faults.metrics import read_metric, read_metrics
from tests.support.scripted_worker import USER, ScriptedWorker, done_reply
from tests.support.shapes import FORESEEN


async def test_requests_are_counted_by_endpoint_and_status(broker: RunningServers, worker: ScriptedWorker) -> None:
    port = free_port()
    async with run_bridge(broker.amqp_url, worker, bridge_metrics_port=port) as bridge:
        bridge.worker.set_reply("user.get", done_reply(USER))
        for _ in range(3):
            await bridge.client.get(FORESEEN)
        await bridge.client.request("PROPFIND", f"/user/{port}/made/up")
        assert (await bridge.client.get("/metrics")).status_code == 404
        labels = 'dialect="foreseen",method="GET",route="/user/{username}"'
        assert await read_metric(port, f'userbus_http_requests_total{{{labels},status="200"}}') == 3
        assert await read_metric(port, f"userbus_http_request_seconds_count{{{labels}}}") == 3
        labels = 'dialect="foreseen",method="none",route="none",status="404"'
        assert await read_metric(port, f"userbus_http_requests_total{{{labels}}}") == 1
        assert await read_metric(port, 'userbus_token_cache_total{result="miss"}') == 1
        assert await read_metric(port, 'userbus_token_cache_total{result="hit"}') == 2
        assert await read_metric(port, "userbus_http_in_flight") == 0
        assert await read_metric(port, "userbus_bridge_broker_up") == 1
        assert not [line for line in await read_metrics(port) if "PROPFIND" in line or "made" in line]
    with pytest.raises(httpx.ConnectError):
        await read_metrics(port)
