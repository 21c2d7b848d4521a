"""Requests that the broker does not let a service send, beside others on its one connection."""

import asyncio
from uuid import uuid4

from client import Denied, connect
from contracts.roles import SearchRoles
from contracts.user_queries import GetUser
from contracts.users import CreateUser, DeleteUser
from tests.support.patience import PATIENCE


async def test_who_asks_for_what_the_broker_refuses_is_denied_and_the_others_are_answered(urls: dict[str, str]) -> None:
    async with connect(urls["billing"], app_id="billing", timeout=PATIENCE) as bus:
        user = await bus.ask(CreateUser(username=f"u_{uuid4().hex}"))
        attempts = (bus.ask(SearchRoles()), bus.ask(GetUser(id=user.id)), bus.publish(DeleteUser(id=user.id)))
        roles, same, deleted = await asyncio.gather(*attempts, return_exceptions=True)
    for refusal, name in ((roles, "role.search"), (deleted, "user.delete")):
        assert isinstance(refusal, Denied)
        assert (refusal.code, name in refusal.message) == ("bus.access_refused", True)
    assert same == user
