"""Who asks: tokens, where they are looked for, what they open, how long they are believed."""

import httpx
import pytest

from devstack.servers import RunningServers
from tests.bridge.conftest import Served, serving
from tests.bridge.responder import TOKEN, USER, Responder, done, failed
from tests.bridge.shapes import ANONYMOUS, FORESEEN, PASSPORT, foreseen, passport, same


@pytest.mark.parametrize(
    "headers",
    [
        ANONYMOUS, {"Authorization": "Bearer"}, {"Authorization": "Bearer wrong"},
        {"Authorization": "wrong"}, {"Authorization": "Basic Z29vZC10b2tlbg=="}, {"Authorization": "x" * 5000},
        {"Authorization": "Bearer good-token extra"},
    ],
)  # fmt: skip
async def test_a_missing_and_a_wrong_token_get_the_same_answer(served: Served, headers: dict[str, str]) -> None:
    same(await served.client.get(FORESEEN, headers=headers), 401, foreseen(4011, "invalid authorization token"))
    same(await served.client.get(PASSPORT, headers=headers), 200, passport(403, "请先登录！"))
    assert served.worker.seen == []


@pytest.mark.parametrize("value", ["good-token", "Bearer good-token", "bearer good-token", "BEARER  good-token"])
async def test_foreseen_takes_the_token_with_or_without_its_scheme(served: Served, value: str) -> None:
    served.worker.says("user.get", done(USER))
    assert (await served.client.get(FORESEEN, headers={"Authorization": value})).status_code == 200


async def test_passport_takes_an_access_token_from_query_body_and_cookie(served: Served) -> None:
    served.worker.says("user.get", done(USER))
    served.worker.says("user.set_status", done(USER))
    client = httpx.AsyncClient(base_url=served.url)
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
    same(bare, 200, passport(403, "请先登录！"))
    same(broken, 200, passport(403, "请先登录！"))


async def test_a_verified_token_is_believed_for_a_while(served: Served) -> None:
    served.worker.says("user.get", done(USER))
    for _ in range(3):
        await served.client.get(FORESEEN)
    assert served.worker.verified == 1


async def test_a_token_is_asked_for_again_when_nothing_may_be_cached(broker: RunningServers, worker: Responder) -> None:
    worker.says("user.get", done(USER))
    async with serving(broker.amqp_url, worker, token_cache=0) as served:
        assert (await served.client.get(FORESEEN)).status_code == 200
        worker.says("token.verify", failed("token.invalid", "unauthenticated"))
        assert (await served.client.get(FORESEEN)).status_code == 401


@pytest.mark.parametrize(
    ("scopes", "status"),
    [(["*"], 200), (["foreseen"], 200), (["user.*"], 200), (["user.get"], 200), (["passport"], 401), (["role.*"], 401)],
)
async def test_a_token_opens_what_its_scopes_name(
    broker: RunningServers, worker: Responder, scopes: list[str], status: int
) -> None:
    worker.says("user.get", done(USER))
    worker.says("token.verify", done(TOKEN | {"scopes": scopes}))
    async with serving(broker.amqp_url, worker) as served:
        assert (await served.client.get(FORESEEN)).status_code == status


async def test_an_open_dialect_asks_for_no_token_and_the_others_still_do(
    broker: RunningServers, worker: Responder
) -> None:
    worker.says("user.get", done(USER))
    async with serving(broker.amqp_url, worker, bridge_open_dialects="passport") as served:
        assert (await served.client.get(PASSPORT, headers=ANONYMOUS)).json()["code"] == 0
        assert (await served.client.get(FORESEEN, headers=ANONYMOUS)).status_code == 401
