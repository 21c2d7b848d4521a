"""Decoding: what AMQP libraries will not even send is refused all the same."""

import pytest

from contracts.catalog import CATALOG
from contracts.user_queries import GetUser
from contracts.users import CreateUser
from worker.delivery.decoding import Undecodable, decode
from worker.delivery.envelope import Envelope


def envelope(name: str, body: bytes, message_id: str | None) -> Envelope:
    return Envelope(name=name, entry=CATALOG.get(name), body=body, message_id=message_id)


def test_a_command_needs_a_message_id() -> None:
    with pytest.raises(Undecodable) as refused:
        decode(envelope("user.create", b'{"username": "x"}', None))
    assert refused.value.problem.code == "message.id_missing"


def test_a_query_needs_none() -> None:
    assert decode(envelope("user.get", b'{"id": 1}', None)) == GetUser(id=1)


def test_an_empty_routing_key_is_called_so() -> None:
    with pytest.raises(Undecodable, match="the routing key is empty"):
        decode(envelope("", b"{}", "m1"))


def test_the_words_of_a_wrong_field_are_ours() -> None:
    with pytest.raises(Undecodable) as refused:
        decode(envelope("user.create", b'{"email": "nonsense"}', "m1"))
    assert "Value error" not in str(refused.value.problem.details)


def test_a_good_body_becomes_its_type() -> None:
    assert decode(envelope("user.create", b'{"username": " x "}', "m1")) == CreateUser(username="x")


def test_every_wrong_field_is_named_once() -> None:
    with pytest.raises(Undecodable) as refused:
        decode(envelope("user.create", b'{"username": 1, "accounts": [{"integration": "lark"}]}', "m1"))
    assert [detail["field"] for detail in refused.value.problem.details] == ["username", "accounts.0.account"]
    assert not refused.value.malformed
