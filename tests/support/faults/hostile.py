"""Hostile messages, made from a seed: whatever can be wrong with a body, a name, a property or a header."""

import json
import random
import struct
import time
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from contracts.catalog import CATALOG, FAMILIES, UNKNOWN
from tests.support.faults.amqp_frames import fields_table

OURS = "the sender's own reply queue"
MEBIBYTE = 1024 * 1024
BAD = b"\xff\xfe\x80"

NAMES: list[bytes] = [
    *(b"user.create", b"user.get", b"user.update", b"user.search", b"user.import", b"account.apply", b"role.create"),
    *(b"auth.sign_in", b"token.issue", b"sms.send_code", b"health.user", b"integration.create", b"session.list"),
    *(b"user.explode", b"user.", b"user.*", b"user.$where", b"account.__class__", b"role.\x00", b"sms." + b"x" * 250),
    *("user.ünïcode".encode(), b"auth.\r\n", b"user." + BAD, b"user." + BAD * 80, b"role.%s%n"),
    *(b"spaceship.launch", b"user.create.v9", b""),
]
BODIES: list[bytes] = [
    *(b"", b" ", b"{", b"{{{", b"null", b"[]", b"1", b'"text"', b"true", b"NaN", b'{"id": Infinity}', b"{} {}"),
    *(b"<xml/>", b"a=1&b=2", b"\x1f\x8b\x08\x00\x00", b"\x00", b"\xef\xbb\xbf{}", BAD, '{"id": 1}'.encode("utf-16")),
    *('{"username": "ü"}'.encode("latin-1"), b"{'username': 'x'}", b'{"username": "a\\ud800b"}'),
    *(b'{"username": "a\\u0000b"}', b'{"username": "a\x00b"}', b'{"id": 1, "id": 3000000000}', b'{"id": 1e999}'),
    *(b'{"id": ' + b"9" * 5000 + b"}", b'{"id": -0.0}', b'{"id": 1.5}', b'{"id": 9223372036854775808}'),
    *(b"[" * 60_000, b'{"a":' * 10_000, b'{"a":' * 500 + b"1" + b"}" * 500, b'{"username": "' + b"x" * 70_000 + b'"}'),
    *(b'{"username": {"$gt": ""}}', b'{"id": {"$where": "sleep(1000)"}}', b'{"__class__": "x"}', b'{"\\ud800": 1}'),
    *(b'{"password": "hunter2 hunter2", "shoe_size": 44}', b'{"users": [[], 1, null, {}]}', b'{"actions": [{}]}'),
]
LARGE: list[bytes] = [b"[" * MEBIBYTE, b'{"a":' * (MEBIBYTE // 5), b'{"username": "' + b"x" * MEBIBYTE + b'"}']


def _nested(depth: int) -> bytes:
    inner = b"V"
    for _ in range(depth):
        inner = b"F" + fields_table({"n": inner})
    return inner


VALUES: list[Any] = [
    *("tomorrow", "", "x" * 300, "a\x00b", -1, 0, 99, 2**31, 2**62, True, None),
    *(b"d" + struct.pack(">d", 3e300), b"f" + struct.pack(">f", -3e38), b"D\xff\xff\xff\xff\xff"),
    *(b"T" + b"\x00" * 8, b"T" + b"\x7f" + b"\xff" * 7, b"T" + b"\xff" * 8, b"x\x00\x00\x00\x03" + BAD),
    *(b"S\x00\x00\x00\x03" + BAD, b"b\x80", b"B\xff", b"s\x80\x00", b"u\xff\xff", b"i\xff\xff\xff\xff"),
    *(b"l\x7f" + b"\xff" * 7, b"A\x00\x00\x00\x00", [1, [2, [None, {"a": True}]]], [{"count": 9, "queue": "x"}]),
    *(b"F" + fields_table({BAD: 1}), _nested(30), _nested(3000), {"$gt": {"a": []}}),
]
HEADERS: list[str | bytes] = [
    *("x-deadline", "x-attempt", "x-first", "x-actor", "x-delivery-count", "x-death", "x-first-death-reason"),
    *("x-first-death-queue", "x-userbus-reason", "x-userbus-code", "x-userbus-redacted", "traceparent", "x-opt"),
    *("x-match", "plain", "", "h" * 128, "ü", BAD),
]
TEXTS: list[str | bytes] = ["", "x" * 200, "ü" * 90, "a\x00b", "../..", "{}", "%s%n", b"\xff", BAD * 20]
PROPERTIES: dict[str, list[Any]] = {
    "content_type": ["application/json; charset=utf-99", "application/x-msgpack", "text/plain; charset=utf-16", *TEXTS],
    "content_encoding": ["gzip", "br", "utf-16", *TEXTS],
    "delivery_mode": [1, 2],
    "priority": [0, 1, 9, 255],
    "expiration": ["0", "1", "50", "86400000"],
    "timestamp": [0, 1, 2**31, 2**32 + 1, 10**15, 2**62, 2**63, 2**64 - 1],
    "type": ["user.delete", *TEXTS],
    "app_id": TEXTS,
}
REPLIES: list[Any] = [
    *[OURS] * 30,
    *(f"userbus.{name}" for name in (*FAMILIES, "dead", "dead.log", "expired", "events.log", "relay", "events")),
    *(f"userbus.retry.{step}" for step in ("1s", "5s", "30s", "2min", "10min")),
    *("userbus.commands", "userbus", "userbus.", " userbus.user", "USERBUS.USER", "userbus.user\x00", "|userbus.user"),
    *("amq.direct", "amq.topic", "amq.headers", "amq.fanout", "amq.rabbitmq.trace", "amq.rabbitmq.log", "amq.gen-x"),
    *("amq.rabbitmq.reply-to.x.y", "amq.rabbitmq.reply-to.g1h2AA5yZXBseUAxMjM0NTY3OAAAAAAAAAAAAAAAAA==.abc"),
    *("no-such-queue", "x" * 255, "ünïcode", "", b"\xff", BAD * 80, b"userbus.user\xff", b"amq.rabbitmq.reply-to.\xff"),
]


@dataclass(frozen=True)
class Hostile:
    """One message. Its mark begins its correlation_id, its message_id if it has one, and is a header."""

    mark: str
    name: bytes
    body: bytes
    fields: dict[str, Any]
    headers: dict[str | bytes, Any]

    @property
    def queues(self) -> set[str]:
        """The queues that take it; a CC header adds names. What has no known name is answered too."""
        keys = [self.name.decode("latin-1"), *self.headers.get("CC", [])]
        return {CATALOG[key].queue for key in keys if key in CATALOG} or {UNKNOWN}

    @property
    def hurried(self) -> bool:
        """Whether its time may have passed before it is taken."""
        return "expiration" in self.fields or "x-deadline" in self.headers

    @property
    def unheard(self) -> bool:
        """Whether it asks for an answer elsewhere, or for nothing that would leave a trace."""
        entry = CATALOG.get(self.name.decode("latin-1"))
        return self.fields.get("reply_to") not in (None, "", OURS) or bool(entry and not entry.is_command)


def hostile(seed: int, count: int) -> Iterator[Hostile]:
    """So many messages, the same ones for the same seed; first those that have done harm before."""
    chance = random.Random(seed)
    for number in range(count):
        mark = f"h{seed}-{number}-"
        yield _known(mark, number) if number < len(KNOWN) else _made(mark, chance)


KNOWN: list[tuple[bytes, bytes, dict[str, Any], dict[str | bytes, Any]]] = [
    (b"user.create", b"{{{", {}, {}),
    (b"user.create", b"\xff\xfe\x00", {"content_type": "application/json; charset=utf-99"}, {}),
    (b"user.create", b"[" * 60_000, {}, {}),
    (b"user.create", b'{"username": ' + b"9" * 5000 + b"}", {}, {}),
    (b"user.explode", b"{}", {}, {"x-attempt": -1, "x-deadline": 3e38, "x-delivery-count": 99}),
    (b"user.get", b"{}", {"reply_to": "amq.rabbitmq.reply-to.7.x"}, {}),
    (b"user.get", b'{"id": 1}', {"reply_to": "userbus.user"}, {"x-death": [{"count": 99}]}),
    (b"user.create", b'{"username": "x", "password": {"$gt": ""}}', {}, {"traceparent": "\x00" * 300}),
    (b"user.create", b"{{{", {"timestamp": 2**62}, {}),
    (b"user.create", b"{{{", {"app_id": BAD}, {}),
    (b"user." + BAD, b"{}", {"reply_to": OURS}, {}),
    (b"user.create", b"{{{", {}, {BAD: 1}),
    (b"user.create", b"{{{", {}, {"deep": _nested(3000)}),
]


def _known(mark: str, number: int) -> Hostile:
    name, body, fields, headers = KNOWN[number]
    return Hostile(mark, name, body, {"message_id": mark, "correlation_id": mark, **fields}, {"mark": mark, **headers})


def _made(mark: str, chance: random.Random) -> Hostile:
    return Hostile(mark, chance.choice(NAMES), _body(mark, chance), _fields(mark, chance), _headers(mark, chance))


def _fields(mark: str, chance: random.Random) -> dict[str, Any]:
    fields: dict[str, Any] = {"message_id": mark, "correlation_id": mark}
    for name in chance.sample(sorted(PROPERTIES), chance.choice((0, 0, 1, 2))):
        fields[name] = chance.choice(PROPERTIES[name])
    for name in chance.sample(("message_id", "correlation_id"), chance.choice((0, 0, 0, 1, 2))):
        text = chance.choice(TEXTS)
        fields[name] = mark.encode() + (text.encode() if isinstance(text, str) else text)
    if chance.random() < 0.1:
        del fields["message_id"]
    return fields | ({"reply_to": chance.choice(REPLIES)} if chance.random() < 0.7 else {})


def _headers(mark: str, chance: random.Random) -> dict[str | bytes, Any]:
    headers: dict[str | bytes, Any] = {"mark": mark}
    for _ in range(chance.choice((0, 0, 1, 3))):
        headers[chance.choice(HEADERS)] = chance.choice(VALUES)
    if chance.random() < 0.1:
        headers["CC"] = chance.sample(["role.list", "sms.send_code", "userbus.dead", "user.create", "#"], 2)
    if chance.random() < 0.1:
        headers["x-deadline"] = int(time.time() * 1000) + chance.choice((-1000, 5, 3_600_000))
    return headers


def _body(mark: str, chance: random.Random) -> bytes:
    good = json.dumps({"username": mark + "x"}).encode()
    kind = chance.random()
    if kind < 0.01:
        return chance.choice(LARGE)
    if kind < 0.15:
        return chance.randbytes(chance.randrange(400))
    if kind < 0.3:
        spoilt = bytearray(good)
        spoilt[chance.randrange(len(good))] = chance.randrange(256)
        return bytes(spoilt)
    return good if kind < 0.4 else chance.choice(BODIES)
