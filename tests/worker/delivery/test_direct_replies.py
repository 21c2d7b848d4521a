"""Which direct reply-to addresses are taken for ones that a broker has handed out."""

import base64

import pytest

from worker.delivery.direct_replies import DIRECT, origin

NODE = b"\x83\x58\x76\x00\x0ereply@12345678"


def address(term: bytes, key: str = "abc") -> str:
    return f"{DIRECT}{base64.b64encode(term).decode()}.{key}"


def numbers(id: int = 5, serial: int = 0, creation: int = 9) -> bytes:
    return id.to_bytes(4) + serial.to_bytes(4) + creation.to_bytes(4)


def test_addresses_of_one_life_of_a_node_have_one_origin() -> None:
    first, second = origin(address(NODE + numbers())), origin(address(NODE + numbers(7, 3), "xyz"))
    assert first is not None
    assert first == second


def test_another_life_or_node_is_another_origin() -> None:
    other = NODE.replace(b"1", b"2")
    found = {origin(address(term)) for term in (NODE + numbers(), NODE + numbers(creation=8), other + numbers())}
    assert len(found) == 3


@pytest.mark.parametrize(
    "forged",
    [
        f"{DIRECT}x.y",
        DIRECT,
        f"{DIRECT}.",
        f"{DIRECT}ü.y",
        address(b"\x83"),
        address(NODE),
        address(NODE + numbers()[:-1]),
        address(NODE + numbers() + b"\x00"),
        address(NODE + numbers(id=1 << 15)),
        address(NODE + numbers(serial=1 << 13)),
        address(NODE + numbers(), ""),
        address(NODE + numbers(), "a.b"),
        address(NODE + numbers()).replace("=", "!"),
    ],
)
def test_what_no_broker_hands_out_has_none(forged: str) -> None:
    assert origin(forged) is None
