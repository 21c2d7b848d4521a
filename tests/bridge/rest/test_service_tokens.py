"""Service tokens: where they are found, what they permit, how long they are cached."""

import pytest

from devstack.servers import RunningServers
from tests.bridge.conftest import RunningBridge, run_bridge
from tests.support.loopback import http_client
from tests.support.scripted_worker import TOKEN, USER, ScriptedWorker, done_reply, failed_reply
from tests.support.shapes import ANONYMOUS, FORESEEN, PASSPORT, assert_json, foreseen_error, passport_error


@pytest.mark.parametrize(
    "headers",
    [
        ANONYMOUS, {"Authorization": "Bearer"}, {"Authorization": "Bearer wrong"},
        {"Authorization": "wrong"}, {"Authorization": "Basic Z29vZC10b2tlbg=="}, {"Authorization": "x" * 5000},
        {"Authorization": "Bearer good-token extra"},
    ],
)  # fmt: skip
async def test_a_missing_and_a_wrong_token_get_the_same_answer(bridge: RunningBridge, headers: dict[str, str]) -> None:
    assert_json(
        await bridge.client.get(FORESEEN, headers=headers), 401, foreseen_error(4011, "invalid authorization token")
    )
    assert_json(await bridge.client.get(PASSPORT, headers=headers), 200, passport_error(403, "请先登录！"))
    assert bridge.worker.requests == []


@pytest.mark.parametrize("value", ["good-token", "Bearer good-token", "bearer good-token", "BEARER  good-token"])
async def test_foreseen_takes_the_token_with_or_without_its_scheme(bridge: RunningBridge, value: str) -> None:
    bridge.worker.set_reply("user.get", done_reply(USER))
    assert (await bridge.client.get(FORESEEN, headers={"Authorization": value})).status_code == 200


async def test_passport_takes_an_access_token_from_query_body_and_cookie(bridge: RunningBridge) -> None:
    bridge.worker.set_reply("user.get", done_reply(USER))
    bridge.worker.set_reply("user.set_status", done_reply(USER))
    client = http_client(bridge.url)
    token = {"access_token": "good-token"}
    async with client:
        found = [
            await client.get("/v1/user/find", params={"id": 42, **token}),
            await client.get(PASSPORT, headers={"Cookie": "access_token=good-token"}),
            await client.post("/v1/user/update_field", json={"id": 42, **token}),
            await client.post("/v1/user/update_field", data={"id": 42, **token}),
        ]
        bare = await client.get(PASSPORT, headers={"Authorization": "good-token"})
        broken = await client.post("/v1/user/update_field", content=b'{"access_token":"good-token"')
    assert [answer.json()["code"] for answer in found] == [0, 0, 0, 0]
    assert_json(bare, 200, passport_error(403, "请先登录！"))
    assert_json(broken, 200, passport_error(403, "请先登录！"))


async def test_a_verified_token_is_cached(fresh_bridge: RunningBridge) -> None:
    fresh_bridge.worker.set_reply("user.get", done_reply(USER))
    for _ in range(3):
        await fresh_bridge.client.get(FORESEEN)
    assert fresh_bridge.worker.verifications == 1


async def test_a_token_is_verified_again_when_nothing_may_be_cached(
    broker: RunningServers, worker: ScriptedWorker
) -> None:
    worker.set_reply("user.get", done_reply(USER))
    async with run_bridge(broker.amqp_url, worker, token_cache=0) as bridge:
        assert (await bridge.client.get(FORESEEN)).status_code == 200
        worker.set_reply("token.verify", failed_reply("token.invalid", "unauthenticated"))
        assert (await bridge.client.get(FORESEEN)).status_code == 401


@pytest.mark.parametrize(
    ("scopes", "status"),
    [(["*"], 200), (["foreseen"], 200), (["user.*"], 200), (["user.get"], 200), (["passport"], 401), (["role.*"], 401)],
)
async def test_a_token_is_accepted_where_its_scopes_allow(
    bridge: RunningBridge, scopes: list[str], status: int
) -> None:
    bridge.worker.set_reply("user.get", done_reply(USER))
    bridge.worker.set_reply("token.verify", done_reply(TOKEN | {"scopes": scopes}))
    token = {"Authorization": f"Bearer {','.join(scopes)}"}  # another one each time: they are believed for a while
    assert (await bridge.client.get(FORESEEN, headers=token)).status_code == status


async def test_an_open_dialect_asks_for_no_token_and_the_others_still_do(
    broker: RunningServers, worker: ScriptedWorker
) -> None:
    worker.set_reply("user.get", done_reply(USER))
    async with run_bridge(broker.amqp_url, worker, bridge_open_dialects="passport") as bridge:
        assert (await bridge.client.get(PASSPORT, headers=ANONYMOUS)).json()["code"] == 0
        assert (await bridge.client.get(FORESEEN, headers=ANONYMOUS)).status_code == 401
