"""Whom the bridge lets in by a token, with the bus's answers made up: no server is needed."""

from datetime import UTC, datetime, timedelta
from hashlib import sha256
from typing import Any

import pytest

from bridge.rest.dialect import Caller, DialectError, Endpoint, Failure, RawRequest, StandardCase, StandardError
from bridge.rest.metrics import HttpMetrics
from bridge.rest.service_tokens import (
    TokenVerifier,
    UserAccess,
    allow_anyone,
    bearer_or_access_token,
    bearer_or_bare_token,
    bearer_token,
)
from client.bus import Bus
from client.errors import BusError, Conflict, Denied, Invalid, NotFound, Unauthenticated, Unavailable
from contracts.problem import Problem
from contracts.tokens import Holder, VerifiedToken, VerifyToken

TEXT = "ubt_text"
KEY = sha256(TEXT.encode()).hexdigest()
GET, UPDATE = Endpoint("GET", "/a", "user.get"), Endpoint("POST", "/b", "user.update")
ROOT = Holder(id=7, root=1, admin=0, roles=0)


class Answers(Bus):
    """A bus on which token.verify is answered with `answer`, a token or an error; it records what it is asked."""

    def __init__(self, answer: VerifiedToken | BusError) -> None:
        super().__init__("amqp://127.0.0.1:1", app_id="tests")  # which is not connected
        self.answer = answer
        self.asked: list[VerifyToken] = []

    async def ask(self, request: Any, **_: Any) -> Any:
        self.asked.append(request)
        if isinstance(self.answer, BusError):
            raise self.answer
        return self.answer


def token(*scopes: str, left: float = 3600, user: Holder | None = None, id: int = 3) -> VerifiedToken:
    at = datetime.now(UTC)
    ends = at + timedelta(seconds=left)
    return VerifiedToken(
        id=id, name="t", scopes=[*scopes], created_at=at, expires_at=ends, revision=1, user=user
    )  # fmt: skip


def problem(kind: type[BusError]) -> BusError:
    return kind(Problem(kind="internal", code="x", message="no"))


def sent(text: str | None = TEXT, **fields: Any) -> RawRequest:
    headers = {} if text is None else {"authorization": f"Bearer {text}"}
    given: dict[str, Any] = {"query": b"", "headers": headers, "cookies": {}, "body": b""}
    return RawRequest(method="POST", path={}, **{**given, **fields})


class Door:
    """An authenticator on a made up bus, by default of the dialect foreseen."""

    def __init__(self, answer: VerifiedToken | BusError, seconds: float = 5, users: UserAccess | None = None) -> None:
        self.bus, self.metrics = Answers(answer), HttpMetrics(lambda: True)
        verifier = TokenVerifier(self.bus, seconds, self.metrics)
        self.enter = verifier.authenticator("foreseen", bearer_token, users)

    async def refuses(self, raw: RawRequest | None = None, endpoint: Endpoint = GET) -> bool:
        with pytest.raises(StandardError) as refused:
            await self.enter(raw or sent(), endpoint)
        return refused.value.case is StandardCase.UNAUTHENTICATED

    def counted(self) -> tuple[float, float]:
        """How many tokens were found in the cache, and how many were not."""
        found = [self.metrics.registry.get_sample_value("userbus_token_cache_total", {"result": result})
                 for result in ("hit", "miss")]  # fmt: skip
        return found[0] or 0, found[1] or 0


@pytest.mark.parametrize("scopes", [("foreseen",), ("user.get",), ("user.*",), ("*",), ("rbac", "user.g?t")])
async def test_a_token_whose_scope_covers_the_dialect_or_the_request_lets_in(scopes: tuple[str, ...]) -> None:
    door = Door(token(*scopes))
    assert await door.enter(sent(), GET) == Caller(actor="token:3", key=KEY)
    assert [(each.token.get_secret_value(), each.realm) for each in door.bus.asked] == [(TEXT, None)]


@pytest.mark.parametrize(
    "scopes", [(), ("passport",), ("rbac", "role.*"), ("user.create",), ("User.Get",), ("fore",), ("foreseen.x",)]
)
async def test_a_token_of_another_scope_does_not(scopes: tuple[str, ...]) -> None:
    assert await Door(token(*scopes)).refuses()


async def test_a_token_for_one_request_does_not_let_another_in_though_it_is_cached() -> None:
    door = Door(token("user.get"))
    await door.enter(sent(), GET)
    assert await door.refuses(endpoint=UPDATE)
    assert len(door.bus.asked) == 1


@pytest.mark.parametrize("text", [None, "", "x" * 513])
async def test_without_a_token_and_with_one_that_is_too_long_nobody_is_asked(text: str | None) -> None:
    door = Door(token("*"))
    assert await door.refuses(sent(text))
    assert door.bus.asked == []
    assert await door.enter(sent("x" * 512), GET)


@pytest.mark.parametrize("kind", [Invalid, Unauthenticated, Denied, NotFound])
async def test_a_token_that_the_worker_refuses_is_refused_each_time(kind: type[BusError]) -> None:
    door = Door(problem(kind))
    assert await door.refuses()
    assert await door.refuses()
    assert len(door.bus.asked) == 2


@pytest.mark.parametrize("kind", [Unavailable, Conflict])
async def test_a_worker_that_cannot_tell_lets_nobody_in_and_is_no_refusal(kind: type[BusError]) -> None:
    door = Door(problem(kind))
    with pytest.raises(kind):
        await door.enter(sent(), GET)
    door.bus.answer = token("*")
    assert await door.enter(sent(), GET)


async def test_a_verified_token_is_not_asked_for_again_and_counted() -> None:
    door = Door(token("*"))
    for _ in range(3):
        assert (await door.enter(sent(), GET)).actor == "token:3"
    assert len(door.bus.asked) == 1
    assert door.counted() == (2, 1)
    door.bus.answer = token("*", id=4)
    assert (await door.enter(sent("ubt_other"), GET)).actor == "token:4"
    assert (await door.enter(sent(), GET)).actor == "token:3"


async def test_a_token_is_asked_for_again_where_none_may_be_cached() -> None:
    door = Door(token("*"), seconds=0)
    await door.enter(sent(), GET)
    door.bus.answer = problem(Unauthenticated)
    assert await door.refuses()
    assert door.counted() == (0, 2)


@pytest.mark.parametrize("left", [0.0, -3600.0])
async def test_an_expired_token_is_not_cached(left: float) -> None:
    door = Door(token("*", left=left))
    await door.enter(sent(), GET)
    door.bus.answer = problem(Unauthenticated)
    assert await door.refuses()


async def test_a_user_is_let_in_where_the_dialect_takes_users_and_asked_for_each_time() -> None:
    door = Door(token(user=ROOT), users=UserAccess("passport", lambda _: None))
    for _ in range(2):
        assert await door.enter(sent(), UPDATE) == Caller(actor="user:7", key=KEY, details=ROOT)
    assert [each.realm for each in door.bus.asked] == ["passport"] * 2
    door.bus.answer = token("foreseen")
    assert (await door.enter(sent(), UPDATE)).actor == "token:3"


async def test_a_user_whom_the_dialect_refuses_hears_why() -> None:
    failure = Failure(200, "no", 3000206)
    door = Door(token("*", user=ROOT), users=UserAccess("passport", lambda user: failure if user.root else None))
    with pytest.raises(DialectError) as refused:
        await door.enter(sent(), GET)
    assert refused.value.failure is failure


async def test_a_user_is_let_in_nowhere_else() -> None:
    assert await Door(token(user=ROOT)).refuses()


async def test_an_open_dialect_lets_anybody_in_as_nobody() -> None:
    assert await allow_anyone(sent(None), GET) == Caller()


@pytest.mark.parametrize(
    ("header", "bearer", "bare"),
    [
        ("Bearer a", "a", "a"), ("bearer  a ", "a", "a"), (" BEARER a", "a", "a"), ("Bearer a b", "a b", "a b"),
        ("a", None, "a"), ("Basic a", None, "Basic a"), ("Bearera", None, "Bearera"), ("Bearer", "", "Bearer"),
        ("", None, ""),
    ],
)  # fmt: skip
def test_where_a_token_is_in_the_header(header: str, bearer: str | None, bare: str) -> None:
    raw = sent(headers={"authorization": header})
    assert (bearer_token(raw), bearer_or_bare_token(raw)) == (bearer, bare)


def test_without_the_header_there_is_no_token() -> None:
    assert (bearer_token(sent(None)), bearer_or_bare_token(sent(None))) == (None, "")


FORM = {"content-type": "application/x-www-form-urlencoded"}
SOURCES: list[tuple[dict[str, Any], str | None]] = [
    ({"headers": {}}, None),
    ({"headers": {"authorization": "Bearer h"}, "body": b'{"access_token": "b"}', "query": b"access_token=q"}, "h"),
    ({"headers": {}, "body": b'{"access_token": "b"}', "query": b"access_token=q"}, "b"),
    ({"headers": FORM, "body": b"access_token=f", "query": b"access_token=q"}, "f"),
    ({"headers": {}, "query": b"access_token=q", "cookies": {"access_token": "c"}}, "q"),
    ({"headers": {}, "body": b'{"access_token": ', "query": b"access_token=q"}, "q"),
    ({"headers": {}, "body": b'{"access_token": 1}', "query": b"access_token=q"}, "q"),
    ({"headers": {}, "body": b'{"access_token": ""}', "query": b"access_token="}, None),
    ({"headers": {"authorization": "a"}, "cookies": {"access_token": "c", "token": "t"}}, "c"),
]


@pytest.mark.parametrize(("fields", "found"), SOURCES, ids=range(len(SOURCES)))
def test_where_else_passport_finds_a_token(fields: dict[str, Any], found: str | None) -> None:
    assert bearer_or_access_token(sent(**fields)) == found
