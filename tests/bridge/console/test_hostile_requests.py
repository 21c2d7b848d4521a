"""Requests to the console that no browser sends of its own accord: each is refused, none is a fault."""

import html
import re

import pytest

from tests.bridge.console.conftest import SignedInOperator
from tests.support.client import Client
from tests.support.console import PASSWORD, Visitor, create_root
from tests.support.dead_letters import add_dead_letters

LONG = "9" * 5000  # Python reads no such number
FORM = "application/x-www-form-urlencoded"


@pytest.mark.parametrize("path", [f"/users/{LONG}", f"/roles/{LONG}"])
async def test_a_number_that_is_too_long_to_be_one_is_no_page(stranger: Visitor, path: str) -> None:
    assert "There is no such page." in await stranger.read(path, 404)


async def test_numbers_of_forms_that_are_too_long_are_refused(operator: SignedInOperator) -> None:
    answer = await operator.visitor.send("/tokens", name="n", scopes="user.get", days=LONG)
    assert (answer.status_code, "days" in answer.text) == (400, True)
    answer = await operator.visitor.send("/dead/drop", id="nowhere", due=LONG)
    assert answer.status_code == 409


async def test_what_was_done_is_told_whatever_number_was_seen(client: Client, operator: SignedInOperator) -> None:
    (letter,) = await add_dead_letters(client, 1)
    answer = await operator.visitor.send("/dead/drop", id=letter, due=LONG)
    assert (answer.status_code, "<h1>1 dropped</h1>" in answer.text) == (200, True)


@pytest.mark.parametrize("origin", ["http://[", "https://[::1", "http://[v1.x"])
async def test_an_origin_that_is_no_url_is_another_site(stranger: Visitor, origin: str) -> None:
    answer = await stranger.http.post("/console/sign-in", data={"login": "a"}, headers={"Origin": origin})
    assert answer.status_code == 403


@pytest.mark.parametrize("moment", ["0001-01-01T00:00:00%2B14:00", "9999-12-31T23:59:59-14:00"])
async def test_a_time_that_is_none_in_utc_is_refused(operator: SignedInOperator, moment: str) -> None:
    page = await operator.visitor.read(f"/audit?since={moment}", 400)
    assert "must lie between the years 1 and 9999" in page


@pytest.mark.parametrize(
    "way",
    [
        "/console/../docs", "/console/..", "/console/x/.././../docs?a=1", "/console/%2e%2E/docs", "/console/.%2e#a",
        "/console/..;/docs", "/console/" + "a" * 2000,
    ],
)  # fmt: skip
async def test_signing_in_leads_to_no_page_beside_the_console(client: Client, stranger: Visitor, way: str) -> None:
    user = await create_root(client)
    answer = await stranger.send("/sign-in", login=user["username"], password=PASSWORD, next=way)
    assert (answer.status_code, answer.headers["location"]) == (303, "/console/")
    assert 'name="next" value=""' in (await stranger.http.get("/console/sign-in", params={"next": way})).text


async def test_signing_in_leads_back_to_a_page_with_dots_in_its_query(client: Client, stranger: Visitor) -> None:
    user, way = await create_root(client), "/console/users?text=../ada..&field=name"
    answer = await stranger.send("/sign-in", login=user["username"], password=PASSWORD, next=way)
    assert answer.headers["location"] == way


async def test_a_failed_sign_in_shows_nothing_long_again(stranger: Visitor) -> None:
    body = b"login=nobody&password=x&next=/console/" + "\u202e".encode() * 300_000  # each takes a microsecond to show
    headers = {"Origin": str(stranger.http.base_url).rstrip("/"), "Content-Type": FORM}
    answer = await stranger.http.post("/console/sign-in", content=body, headers=headers)
    assert (answer.status_code, len(answer.content) < 5000) == (401, True)


@pytest.mark.usefixtures("no_dead_letters")
@pytest.mark.parametrize("code", ["a\u202eb", "\u200b", " spaces ", "<b>\x07"])
async def test_letters_of_a_cause_with_hidden_characters_can_be_dropped(
    client: Client, operator: SignedInOperator, code: str
) -> None:
    await add_dead_letters(client, 1, **{"x-userbus-code": code})
    page = await operator.visitor.read("/dead")
    (link,) = re.findall(r'href="/console(/dead/letters[^"]*)"', page)
    answer = await operator.visitor.submit(html.unescape(link), "/dead/drop")
    assert (answer.status_code, "<h1>1 dropped</h1>" in answer.text) == (200, True)
