"""Apps, groups, roles, resources and resource types: what all five have in common, end to end."""

import asyncio
from typing import Any
from uuid import uuid4

import pytest

from tests.support.client import Client
from tests.support.rows import Row, an_app, code

NOUNS = ("app", "group", "role", "resource", "resource_type")
IN_APP = ("group", "role", "resource")
UNKNOWN = 9_007_199_254_740_991


async def fields_of(client: Client, noun: str) -> Row:
    fields: Row = {"code": code()}
    if noun in IN_APP:
        fields["app_id"] = (await an_app(client))["id"]
    return fields | ({"resource_type_id": 1} if noun == "resource" else {"name": "A name"})


async def made(client: Client, noun: str) -> Row:
    row: Row = await client.done(f"{noun}.create", await fields_of(client, noun))
    return row


@pytest.mark.parametrize("noun", NOUNS)
async def test_a_created_row_is_found_and_told(client: Client, noun: str) -> None:
    events, fields = await client.events(f"{noun}.created"), await fields_of(client, noun)
    row = await client.done(f"{noun}.create", fields)
    assert {name: row[name] for name in fields} == fields
    assert await client.done(f"{noun}.get", {"id": row["id"]}) == row
    (event,) = await events.about(f"{noun}/{row['id']}", 1)
    assert (event["type"], event["sequence"], event["data"]) == (f"userbus.{noun}.created.v1", 1, row)


@pytest.mark.parametrize("noun", NOUNS)
async def test_a_row_is_found_by_its_code(client: Client, noun: str) -> None:
    row = await made(client, noun)
    key = {"code": row["code"]} | ({"app": row["app_id"]} if noun in IN_APP else {})
    assert await client.done(f"{noun}.get", key) == row
    assert (await client.refused(f"{noun}.get", {**key, "code": code()}))["code"] == f"{noun}.not_found"


@pytest.mark.parametrize("noun", IN_APP)
async def test_rows_of_an_app_are_found_by_the_codes_of_both(client: Client, noun: str) -> None:
    row = await made(client, noun)
    app = await client.done("app.get", {"id": row["app_id"]})
    assert await client.done(f"{noun}.get", {"app": app["code"], "code": row["code"]}) == row
    problem = await client.refused(f"{noun}.get", {"app": code(), "code": row["code"]})
    assert problem["code"] == "app.not_found"


@pytest.mark.parametrize("noun", NOUNS)
@pytest.mark.parametrize("body", [{}, {"id": 1, "code": "X"}, {"id": 0}])
async def test_a_row_is_asked_for_by_one_key(client: Client, noun: str, body: Row) -> None:
    assert (await client.refused(f"{noun}.get", body))["kind"] == "invalid"


@pytest.mark.parametrize("noun", NOUNS)
async def test_an_update_changes_what_is_given(client: Client, noun: str) -> None:
    events, row, new = await client.events(f"{noun}.updated"), await made(client, noun), code()
    changed = await client.done(f"{noun}.update", {"id": row["id"], "code": new})
    assert changed == row | {"code": new, "revision": 2, "updated_at": changed["updated_at"]}
    (event,) = await events.about(f"{noun}/{row['id']}", 1)
    assert (event["sequence"], event["data"]) == (2, changed)


@pytest.mark.parametrize("noun", NOUNS)
async def test_an_update_without_fields_moves_the_time(client: Client, noun: str) -> None:
    row = await made(client, noun)
    await asyncio.sleep(0.002)
    changed = await client.done(f"{noun}.update", {"id": row["id"]})
    assert changed["updated_at"] > row["updated_at"]


@pytest.mark.parametrize("noun", NOUNS)
async def test_an_update_that_changes_nothing_makes_no_event(client: Client, noun: str) -> None:
    events, row = await client.events(f"{noun}.updated"), await made(client, noun)
    for body in ({"id": row["id"]}, {"id": row["id"], "code": row["code"]}):
        assert (await client.done(f"{noun}.update", body))["revision"] == row["revision"]
    await client.done(f"{noun}.update", {"id": row["id"], "code": code()})
    (event,) = await events.about(f"{noun}/{row['id']}", 1)
    assert event["sequence"] == row["revision"] + 1


@pytest.mark.parametrize("noun", NOUNS)
async def test_an_unknown_row_is_not_found(client: Client, noun: str) -> None:
    for verb in ("get", "update"):
        assert (await client.refused(f"{noun}.{verb}", {"id": UNKNOWN}))["code"] == f"{noun}.not_found"
    assert await client.done(f"{noun}.delete", {"id": UNKNOWN}) == {"deleted": 0}


@pytest.mark.parametrize("noun", NOUNS)
async def test_codes_are_unique_and_compared_exactly(client: Client, noun: str) -> None:
    fields = await fields_of(client, noun)
    await client.done(f"{noun}.create", fields)
    other = await client.done(f"{noun}.create", fields | {"code": fields["code"].lower()})
    for problem in (
        await client.refused(f"{noun}.create", fields),
        await client.refused(f"{noun}.update", {"id": other["id"], "code": fields["code"]}),
    ):
        assert (problem["kind"], problem["code"]) == ("conflict", f"{noun}.code_taken")


@pytest.mark.parametrize("noun", IN_APP)
async def test_the_same_code_may_be_in_two_apps(client: Client, noun: str) -> None:
    row = await made(client, noun)
    there = (await fields_of(client, noun)) | {"code": row["code"]}
    assert (await client.done(f"{noun}.create", there))["code"] == row["code"]


@pytest.mark.parametrize("noun", NOUNS)
async def test_of_simultaneous_creates_of_one_code_one_wins(client: Client, noun: str) -> None:
    fields = await fields_of(client, noun)
    replies = await asyncio.gather(*(client.settle(f"{noun}.create", fields) for _ in range(10)))
    assert [reply["status"] for reply in replies].count("done") == 1
    codes = {reply["problem"]["code"] for reply in replies if reply["status"] == "failed"}
    assert codes == {f"{noun}.code_taken"}


@pytest.mark.parametrize("noun", IN_APP)
async def test_the_app_must_exist(client: Client, noun: str) -> None:
    fields, row = await fields_of(client, noun), await made(client, noun)
    for problem in (
        await client.refused(f"{noun}.create", fields | {"app_id": UNKNOWN}),
        await client.refused(f"{noun}.update", {"id": row["id"], "app_id": UNKNOWN}),
    ):
        assert (problem["kind"], problem["code"]) == ("not_found", "app.not_found")


async def test_the_type_of_a_resource_must_exist_after_its_app(client: Client) -> None:
    fields = await fields_of(client, "resource") | {"resource_type_id": UNKNOWN}
    assert (await client.refused("resource.create", fields))["code"] == "resource_type.not_found"
    assert (await client.refused("resource.create", fields | {"app_id": UNKNOWN}))["code"] == "app.not_found"


@pytest.mark.parametrize("noun", NOUNS)
async def test_a_deleted_row_is_gone_and_told_once(client: Client, noun: str) -> None:
    events, row, message_id = await client.events(f"{noun}.deleted"), await made(client, noun), uuid4().hex
    assert await client.done(f"{noun}.delete", {"id": row["id"]}, message_id=message_id) == {"deleted": 1}
    assert await client.done(f"{noun}.delete", {"id": row["id"]}, message_id=message_id) == {"deleted": 1}
    assert await client.done(f"{noun}.delete", {"id": row["id"]}) == {"deleted": 0}
    assert (await client.refused(f"{noun}.get", {"id": row["id"]}))["code"] == f"{noun}.not_found"
    (event,) = await events.about(f"{noun}/{row['id']}", 1)
    assert event["data"] == row | {"revision": 2}


@pytest.mark.parametrize("noun", NOUNS)
async def test_the_code_of_a_deleted_row_is_free(client: Client, noun: str) -> None:
    fields = await fields_of(client, noun)
    first = await client.done(f"{noun}.create", fields)
    await client.done(f"{noun}.delete", {"id": first["id"]})
    assert (await client.done(f"{noun}.create", fields))["id"] > first["id"]


@pytest.mark.parametrize("noun", ["group", "role"])
async def test_a_chosen_id_moves_the_counter(client: Client, noun: str) -> None:
    fields, before = await fields_of(client, noun), await made(client, noun)
    chosen = before["id"] + 7
    assert (await client.done(f"{noun}.create", fields | {"id": chosen}))["id"] == chosen
    assert (await made(client, noun))["id"] > chosen


@pytest.mark.parametrize("noun", ["group", "role"])
async def test_a_taken_id_is_said_before_a_taken_code(client: Client, noun: str) -> None:
    fields = await fields_of(client, noun)
    row = await client.done(f"{noun}.create", fields)
    problem = await client.refused(f"{noun}.create", fields | {"id": row["id"]})
    assert (problem["kind"], problem["code"]) == ("conflict", f"{noun}.id_taken")
    problem = await client.refused(f"{noun}.create", fields | {"id": row["id"], "app_id": UNKNOWN})
    assert problem["code"] == "app.not_found"


@pytest.mark.parametrize("noun", ["group", "role"])
@pytest.mark.parametrize("id", [0, 2**31, "7"])
async def test_a_chosen_id_is_a_positive_31_bit_integer(client: Client, noun: str, id: Any) -> None:
    problem = await client.refused(f"{noun}.create", await fields_of(client, noun) | {"id": id})
    assert problem["kind"] == "invalid"


@pytest.mark.parametrize("noun", NOUNS)
async def test_a_search_filters_sorts_and_pages(client: Client, noun: str) -> None:
    fields = await fields_of(client, noun)
    codes = [f"{fields['code']}_{letter}" for letter in "abc"]
    for each in codes:
        await client.done(f"{noun}.create", fields | {"code": each})
    query: Row = {
        "filter": [{"field": "code", "op": "like", "value": fields["code"].lower()}],
        "sort": [{"field": "code", "direction": "desc"}],
        "size": 2,
    }
    page = await client.done(f"{noun}.search", query)
    assert [row["code"] for row in page["items"]] == [codes[2], codes[1]]
    assert page["total"] == 3
    rest = await client.done(f"{noun}.search", query | {"after": page["next"]})
    assert ([row["code"] for row in rest["items"]], rest["next"]) == ([codes[0]], None)
    unknown = await client.refused(f"{noun}.search", {"filter": [{"field": "role_ids", "value": 1}]})
    assert unknown["kind"] == "invalid"


async def test_an_empty_store_begins_with_the_rows_of_the_contract(client: Client) -> None:
    app = await client.done("app.get", {"code": "APPSTORE"})
    guest = await client.done("role.get", {"app": "APPSTORE", "code": "GUEST"})
    assert (app["name"], guest["name"], guest["app_id"]) == ("App Store", "Guest", app["id"])
    kinds = await client.done("resource_type.search", {"filter": [{"field": "id", "op": "in", "value": [1, 2]}]})
    assert [(kind["code"], kind["name"]) for kind in kinds["items"]] == [("URI", "HTTP URI"), ("BUTTON", "PAGE BUTTON")]
