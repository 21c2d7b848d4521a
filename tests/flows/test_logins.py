"""Login identifiers that are the same however they are written: telephone numbers, and texts that look the same."""

from contextlib import nullcontext
from dataclasses import replace
from uuid import uuid4

import pytest

from contracts.imports import CheckImport
from contracts.users import CreateUser
from handlers.imports import check_import
from handlers.users import create_user
from models.errors.users import UsernameMixed
from models.store.journal import CommandContext
from models.unit_of_work import UnitOfWork
from tests.support.client import Client
from tests.support.stack import Stack
from tests.support.visitors import BAD, PASSWORD, address, fail_sign_in, get_refusal, sign_in, telephone

LOCKED = ("throttled", "auth.locked")


def spellings(number: str) -> list[str]:
    """The ways in which people in China write a mobile number."""
    grouped = f"{number[:3]} {number[3:7]} {number[7:]}"
    return [
        number,
        f"+86{number}",
        f"86{number}",
        f"0086{number}",
        f"86 {grouped}",
        f"(+86) {grouped.replace(' ', '-')}",
        "".join(chr(ord(digit) + 0xFEE0) for digit in number),  # full-width digits
    ]


async def test_a_telephone_number_signs_in_however_it_is_written(client: Client) -> None:
    number = telephone()
    user = await client.done("user.create", {"telephone": number, "password": PASSWORD})
    assert user["telephone"] == number
    for typed in spellings(number):
        assert (await sign_in(client, typed))["user"]["id"] == user["id"]


@pytest.mark.parametrize("stored", [0, 1, 4])
async def test_a_telephone_number_is_found_and_taken_however_it_is_written(client: Client, stored: int) -> None:
    number = telephone()
    user = await client.done("user.create", {"telephone": spellings(number)[stored], "name": "Ada"})
    for typed in spellings(number):
        assert (await client.done("user.get", {"telephone": typed})) == user
        assert (await client.done("user.get", {"login": typed})) == user
        assert (await client.done("account.list", {"login": typed}))["user_id"] == user["id"]
        assert await client.done("user.check_taken", {"telephone": typed}) == {"telephone": True}
        taken = await get_refusal(client, "user.create", {"telephone": typed})
        assert taken == ("conflict", "user.telephone_taken")
        (missing,) = (await client.done("account.resolve", {"usernames": [typed], "integrations": ["lark"]}))["missing"]
        assert (missing["reason"], missing["user_id"]) == ("no_account", user["id"])
    assert await get_refusal(client, "user.get", {"username": number}) == ("not_found", "user.not_found")
    other = telephone()
    rows = [{"telephone": f"+86{number}"}, {"telephone": other}, {"telephone": f"0086{other}"}]
    failed = (await client.done("user.import", {"users": rows}))["failed"]
    assert [(row["index"], row["problem"]["code"]) for row in failed] == [
        (0, "user.telephone_taken"),
        (2, "user.telephone_taken"),
    ]


async def test_a_lock_is_of_a_number_however_it_is_written(client: Client) -> None:
    number = telephone()
    await client.done("user.create", {"telephone": number, "password": PASSWORD})
    for typed in spellings(number)[:5]:
        assert await fail_sign_in(client, typed, realm="usermgmt") == BAD
    assert await fail_sign_in(client, f"+86{number}", PASSWORD, realm="usermgmt") == LOCKED


async def test_a_soft_deleted_number_is_free_and_found_among_the_deleted(client: Client) -> None:
    number = telephone()
    user = await client.done("user.create", {"telephone": number})
    await client.done("user.set_status", {"id": user["id"], "status": -1})
    query = {"telephone": f"+86{number}", "include_deleted": True}
    assert (await client.done("user.get", query))["id"] == user["id"]
    await client.done("user.create", {"telephone": f"0086{number}"})
    assert await get_refusal(client, "user.set_status", {"id": user["id"], "status": 1}) == (
        "conflict",
        "user.telephone_taken",
    )


async def test_a_username_of_digits_is_found_as_it_is_typed(client: Client) -> None:
    for name in (telephone(), f"20{uuid4().int % 10**6:06d}", f"{uuid4().int % 10**5:05d}", f"00{uuid4().int:038d}"):
        user = await client.done("user.create", {"username": name, "password": PASSWORD})
        assert (await client.done("user.get", {"username": name})) == user
        assert (await sign_in(client, name))["user"]["id"] == user["id"]


@pytest.mark.parametrize(
    ("stored", "typed"),
    [
        ("ada", "ＡＤＡ"),
        ("Straße", "STRASSE"),
        ("jose\u0301", "josé"),
        ("office", "oﬃce"),
        ("ada", "a\u200bd\u00ada"),
        ("ada", "ad\ufe0fa"),
        ("lovelace", "\u2066lovelace\u2069"),
    ],
    ids=["wide", "folded", "composed", "ligature", "zero-width", "variation", "isolated"],
)
async def test_names_that_look_the_same_are_the_same(client: Client, stored: str, typed: str) -> None:
    end = uuid4().hex[:12]
    user = await client.done("user.create", {"username": stored + end, "password": PASSWORD})
    assert user["username"] == stored + end
    assert (await client.done("user.get", {"username": typed + end})) == user
    assert (await sign_in(client, typed + end))["user"]["id"] == user["id"]
    taken = await get_refusal(client, "user.create", {"username": typed + end})
    assert taken == ("conflict", "user.username_taken")
    assert await client.done("user.check_taken", {"username": typed + end}) == {"username": True}


@pytest.mark.parametrize("character", ["\u0085", "\ue000", "\U000f0000", "\u0378", "\uffff"])
async def test_a_username_has_no_character_that_nobody_can_read(client: Client, character: str) -> None:
    name = f"ada{character}{uuid4().hex[:12]}"
    user = await client.done("user.create", {"email": address()})
    for command, body in (
        ("user.create", {"username": name}),
        ("user.update", {"id": user["id"], "username": name}),
        ("auth.register", {"username": name, "telephone": telephone(), "password": PASSWORD}),
    ):
        problem = await client.refused(command, body)
        assert (problem["code"], problem["details"][0]["field"]) == ("message.invalid", "username")
    reply = await client.done("user.import", {"users": [{"username": name}]})
    assert [row["problem"]["code"] for row in reply["failed"]] == ["message.invalid"]
    assert await get_refusal(client, "user.get", {"username": name}) == ("not_found", "user.not_found")


async def test_mixed_scripts_are_refused_where_the_deployment_says_so(stack: Stack) -> None:
    shared = stack.worker.dependencies
    strict = replace(shared, policy=replace(shared.policy, single_script=True))
    mixed = f"\u0430da{uuid4().hex[:12]}"  # the first letter is Cyrillic
    for each, is_refused in ((strict, True), (shared, False)):
        async with UnitOfWork(each, CommandContext("user.create", uuid4().hex, "digest")) as unit:
            with pytest.raises(UsernameMixed) if is_refused else nullcontext():
                assert (await create_user(CreateUser(username=mixed), unit)).username == mixed
        checked = await check_import(CheckImport(users=[{"username": mixed}]), UnitOfWork(each))
        assert [row.problem.code for row in checked.failed] == ["user.username_mixed"] * is_refused
