"""The same command again, in the same and in another form."""

import json
from uuid import uuid4

import pytest

from tests.support.client import Client
from tests.support.stack import Stack


def name() -> str:
    return f"user_{uuid4().hex[:10]}"


def user_body() -> bytes:
    return json.dumps({"username": name(), "name": "张三"}, ensure_ascii=False).encode()


SAME = [
    b'{"name": "\xe5\xbc\xa0", "username": "%s", "accounts": []}',
    b'{"username":"%s","accounts":[],"name":"\xe5\xbc\xa0"}',
    b'\n{ "accounts" : [ ],\t"name" : "\\u5f20", "username":"%s" } \r\n',
    b'\xef\xbb\xbf{"username":"%s","accounts":[],"name":"\xe5\xbc\xa0"}',
]


@pytest.mark.parametrize("first", SAME)
@pytest.mark.parametrize("again", SAME)
async def test_a_repeat_in_another_form_is_the_same_command(client: Client, first: bytes, again: bytes) -> None:
    username, message_id = name().encode(), uuid4().hex
    user = await client.done("user.create", first % username, message_id=message_id)
    assert await client.done("user.create", again % username, message_id=message_id) == user


@pytest.mark.parametrize(
    "again", ['{"username": "%s", "id": 1}', '{"username": "%s", "name": null}', '{"username": "%s "}']
)
async def test_a_repeat_with_other_fields_is_another_command(client: Client, again: str) -> None:
    username, message_id = name(), uuid4().hex
    await client.done("user.create", {"username": username}, message_id=message_id)
    problem = await client.refused("user.create", (again % username).encode(), message_id=message_id)
    assert problem["code"] == "message.id_reused"


async def test_a_repeat_in_another_form_is_shown_the_same_token(client: Client) -> None:
    message_id = uuid4().hex
    bodies = [b'{"name": "t", "scopes": ["user.*"]}', b'{"scopes":["user.*"],"name":"t"}']
    issued = [await client.done("token.issue", body, message_id=message_id) for body in bodies]
    assert issued[0] == issued[1]


async def test_an_entry_of_an_earlier_version_knows_its_identical_repeat_alone(client: Client, stack: Stack) -> None:
    message_id, body = uuid4().hex, b'{"name": "t", "scopes": ["user.*"]}'
    issued = await client.done("token.issue", body, message_id=message_id)
    journal = stack.worker.dependencies.store.collection("journal")
    await journal.update_one({"_id": message_id}, {"$unset": {"canonical_digest": 1}})
    assert await client.done("token.issue", body, message_id=message_id) == issued
    problem = await client.refused("token.issue", body.replace(b" ", b""), message_id=message_id)
    assert problem["code"] == "message.id_reused"
