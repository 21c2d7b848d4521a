"""Today's worker starts on what the previous release has stored, and nobody notices."""

from collections.abc import AsyncIterator
from typing import Any

import pytest

from contracts.user_views import UserView
from devstack.servers import RunningServers
from tests.support.client import Client, Events
from tests.support.make_store import NUMBER, OLD_PASSWORD, PEOPLE, password
from tests.support.previous_store import read_sample, restore
from tests.support.stack import fresh_database, settings
from tests.support.visitors import fail_sign_in, is_valid_session, sign_in
from worker.app import run_worker

KNOWN: dict[str, Any] = read_sample()["known"]
IDS: dict[str, Any] = KNOWN["ids"]
GONE, ERASED = 4, 7


@pytest.fixture(scope="module")
async def database_url(apart: RunningServers) -> str:
    """A database with what the previous release has stored."""
    url = fresh_database(apart.mongo_url)
    await restore(url, read_sample())
    return url


@pytest.fixture(scope="module")
async def older(apart: RunningServers, database_url: str) -> AsyncIterator[tuple[Client, Events]]:
    """A client of a worker that serves that database, and the events since it has started."""
    async with Client(apart.amqp_url) as client:
        await _declare_topology(apart)
        events = await client.events("user.*", served=False)
        async with run_worker(settings(apart, mongo_url=database_url)):
            await client.done("migration.run", {"number": 1})
            yield client, events


async def _declare_topology(apart: RunningServers) -> None:
    async with run_worker(settings(apart, mongo_url=fresh_database(apart.mongo_url))):
        pass


@pytest.fixture
def previous(older: tuple[Client, Events]) -> Client:
    return older[0]


async def test_events_that_were_not_sent_are_sent(older: tuple[Client, Events]) -> None:
    client, events = older
    (event,) = await events.about(f"user/{IDS['users'][1]}", 1)
    unsent = KNOWN["unsent"]
    assert (event["type"], event["sequence"], event["data"]["changed"]) == (
        "userbus.user.updated.v1", unsent["revision"], ["position"],
    )  # fmt: skip
    changed = await client.done("user.update", {"id": IDS["users"][1], "position": "Rear admiral"})
    (event,) = await events.about(f"user/{IDS['users'][1]}", 1)
    assert event["sequence"] == changed["revision"] == unsent["revision"] + 1


@pytest.mark.parametrize("number", [n for n in range(len(PEOPLE)) if n not in (GONE, ERASED)])
async def test_everybody_signs_in_by_each_identifier(previous: Client, number: int) -> None:
    for name in ("username", "email", "telephone"):
        if login := PEOPLE[number].get(name):
            signed_in = await sign_in(previous, login, password(number))
            assert signed_in["user"]["id"] == IDS["users"][number]


async def test_people_of_other_systems_who_have_not_signed_in_yet_do(previous: Client) -> None:
    for login in ("from_bcrypt", "sha@example.com"):
        await sign_in(previous, login, OLD_PASSWORD)
        await sign_in(previous, login, OLD_PASSWORD)


async def test_sessions_and_tokens_stay_valid(previous: Client) -> None:
    user = IDS["users"][0]
    for realm, token in KNOWN["sessions"].items():
        assert (await previous.done("session.resolve", {"token": token, "realm": realm}))["user"]["id"] == user
    guest = {"realm": "starcedu_tenant", "tenant": KNOWN["tenant"]}
    assert await is_valid_session(previous, KNOWN["tenant_session"], **guest)
    await previous.done("token.verify", {"token": KNOWN["token"], "needs": "rbac"})
    assert len((await previous.done("session.list", {"user_id": user}))["items"]) >= 3


async def test_who_was_locked_stays_locked(previous: Client) -> None:
    assert await fail_sign_in(previous, "LIN@example.com", password(2), realm="usermgmt") == (
        "throttled",
        "auth.locked",
    )


async def test_a_command_that_is_repeated_gets_the_reply_of_then(previous: Client) -> None:
    for command in KNOWN["commands"]:
        reply = await previous.done(command["name"], command["body"], message_id=command["message_id"])
        assert reply == command["data"]


async def test_people_look_as_they_did(previous: Client) -> None:
    for person in KNOWN["people"]:
        now = await previous.done("user.get", {"id": person["id"]})
        changing = {"revision", "created_at", "updated_at", "position"}
        assert {name: value for name, value in now.items() if name in person.keys() - changing} == {
            name: value for name, value in person.items() if name not in changing
        }
        assert {now[name] for name in now.keys() - person.keys()} <= {0, None}
    assert UserView.model_fields.keys() == now.keys()


async def test_lists_and_totals_are_those_of_then(previous: Client) -> None:
    page = await previous.done("user.search", {"sort": [{"field": "display_name"}]})
    assert (page["total"], len(page["items"])) == (8, 8)
    page = await previous.done("user.search", {"include_deleted": True, "sort": [{"field": "created_at"}]})
    assert page["total"] == 9
    enabled = {"filter": [{"field": "disabled", "value": 0}]}
    assert (await previous.done("user.search", enabled))["total"] == 8
    for noun, total in {"app": 2, "role": 2, "group": 1, "resource": 1, "resource_type": 2, "integration": 6}.items():
        found = await previous.done(f"{noun}.search", {})
        assert (found["total"], len(found["items"])) == (total, total), noun


async def test_links_lead_to_what_they_led_to(previous: Client) -> None:
    user = await previous.done("user.get", {"id": IDS["users"][0], "with_roles": True})
    assert [role["code"] for role in user["roles"]] == ["seller"]
    accounts = await previous.done("account.list", {"user_id": IDS["users"][0]})
    assert [(one["integration"], one["account"]) for one in accounts["items"]] == [("lark", "ou_1")]
    entry = (await previous.done("audit.search", {"subject": f"user/{IDS['users'][4]}"}))["items"][0]
    assert (entry["name"], entry["actor"], entry["app_id"]) == ("user.set_status", "a", "make_store")


async def test_ids_go_on_and_names_stay_taken(previous: Client) -> None:
    assert (await previous.done("user.create", {"username": "newcomer"}))["id"] > max(IDS["users"][:6])
    for taken in ("ADA", "numbered", "from_sha"):
        assert (await previous.refused("user.create", {"username": taken}))["code"] == "user.username_taken"
    problem = await previous.refused("user.create", {"telephone": f"0086{NUMBER}"})
    assert problem["code"] == "user.telephone_taken"
    back = await previous.done("user.set_status", {"id": IDS["users"][GONE], "status": 1})
    assert back["username"] == PEOPLE[GONE]["username"]


async def test_all_is_migrated_but_who_has_the_number_of_another(previous: Client) -> None:
    (users,) = (await previous.done("migration.list", {}))["items"]
    assert (users["left"], users["stuck"], users["migrated"] >= 9) == (0, 1, True)
    assert users["began_at"] <= users["ended_at"]
