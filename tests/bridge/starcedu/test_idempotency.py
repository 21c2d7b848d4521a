"""Idempotency keys of starcedu: strangers do not take one another's."""

from uuid import uuid4

import httpx

from tests.support.starcedu import LOCAL, person, sign_up


async def test_strangers_with_the_same_key_do_not_hinder_one_another(visitor: httpx.AsyncClient) -> None:
    people, key = [await sign_up(visitor) for _ in range(2)], {"Idempotency-Key": uuid4().hex}
    for body in people:
        visitor.cookies.clear()
        answer = await visitor.post(f"{LOCAL}/signin", json=body, headers=key)
        assert (answer.status_code, answer.json().get("data", {}).get("username")) == (200, body["username"])
    for body in (person(), person()):
        visitor.cookies.clear()
        assert (await visitor.post(f"{LOCAL}/signup", json=body, headers=key)).status_code == 200
