"""user.get and user.create over the bus, and a look-up over HTTP."""

import json
import secrets
from collections.abc import Awaitable, Callable
from itertools import cycle
from typing import Any

from bench import faststream_worker
from bench.bare import QUEUE
from bench.load import Operation, repeat_times
from bench.rows import USERBUS, Row, System
from bench.support import Bench

FLOOR, FASTSTREAM, FASTSTREAM_REQUEST, MONOLITH = "floor", "FastStream", "FastStream request()", "FastAPI monolith"
FASTSTREAM_QUEUES = {"user.get": faststream_worker.GET, "user.create": faststream_worker.CREATE}
Call = Callable[[str, dict[str, Any]], Awaitable[dict[str, Any]]]


def bus_calls(bench: Bench) -> dict[str, Call]:
    """One call of each system over the bus, given a request's name and body; the user that it answers, with its id."""

    async def call_floor(name: str, body: dict[str, Any]) -> dict[str, Any]:
        row = json.loads(await bench.bus.call_queue(QUEUE, name, body))
        return {**row, "id": row["_id"]}

    async def call_faststream(name: str, body: dict[str, Any]) -> dict[str, Any]:
        user: dict[str, Any] = json.loads(await bench.bus.call_queue(FASTSTREAM_QUEUES[name], name, body))
        return user

    async def request_faststream(name: str, body: dict[str, Any]) -> dict[str, Any]:
        reply = await bench.faststream.request(body, queue=FASTSTREAM_QUEUES[name], timeout=60)
        user: dict[str, Any] = await reply.decode()  # type: ignore[assignment]  # JSON of any form, by its types
        return user

    return {
        USERBUS: bench.bus.ask,
        FLOOR: call_floor,
        FASTSTREAM: call_faststream,
        FASTSTREAM_REQUEST: request_faststream,
    }


def new_user() -> dict[str, Any]:
    """The fields of a user that nobody has created before."""
    word = secrets.token_hex(8)
    return {"username": f"u{word}", "email": f"{word}@example.com"}


async def create_users(call: Call, amount: int) -> list[dict[str, Any]]:
    """Create the users that look-ups take in turn."""
    users: list[dict[str, Any]] = []

    async def create_one() -> None:
        users.append(await call("user.create", new_user()))

    await repeat_times(create_one, 16, amount)
    return users


async def request_rows(bench: Bench) -> list[Row]:
    """Store users in every system; the rows of requests over the bus and over HTTP."""
    calls = bus_calls(bench)
    users = {name: await create_users(calls[name], bench.plan.users) for name in (USERBUS, FLOOR, FASTSTREAM)}
    users[FASTSTREAM_REQUEST] = users[FASTSTREAM]
    gets = tuple(_system(bench, name, get_operation(call, users[name])) for name, call in calls.items())
    creates = tuple(_system(bench, name, create_operation(call)) for name, call in calls.items())
    return [
        Row("user.get", 1, gets, {FLOOR: 0.9}),
        Row("user.get", 64, gets, {FLOOR: 1.25}),
        Row("user.create", 1, creates),
        Row("user.create", 16, creates, {FLOOR: 0.75, FASTSTREAM: 1.0}),
        Row("user.create", 64, creates, {FLOOR: 1.0}),
        Row("GET over HTTP", 16, await _http_systems(bench, users), {FLOOR: 0.9, MONOLITH: 0.45}),
    ]


def get_operation(call: Call, users: list[dict[str, Any]]) -> Operation:
    """Look one of the users up, in turn, so that no two requests of one moment ask for the same."""
    turn = cycle(users)

    async def get_user() -> None:
        wanted = next(turn)
        found = await call("user.get", {"id": wanted["id"]})
        require(found["username"] == wanted["username"], found)

    return get_user


def create_operation(call: Call) -> Operation:
    """Create a user."""

    async def create_user() -> None:
        wanted = new_user()
        made = await call("user.create", wanted)
        require(made["email"] == wanted["email"] and made["id"] > 0, made)

    return create_user


def require(is_right: bool, result: object) -> None:
    """Raise RuntimeError unless a result is the expected one."""
    if not is_right:
        raise RuntimeError(f"unexpected result: {result!r}")


async def _http_systems(bench: Bench, users: dict[str, list[dict[str, Any]]]) -> tuple[System, ...]:
    issued = await bench.bus.ask("token.issue", {"name": "bench", "scopes": ["foreseen"]})
    token = f"\r\nAuthorization: Bearer {issued['token']}"
    fronts = {
        USERBUS: ("bridge", "/user/{username}", token, "worker"),
        FLOOR: ("front", f"/{QUEUE}/{{id}}", "", "bare"),
        FASTSTREAM: ("front", f"/{faststream_worker.GET}/{{id}}", "", "faststream"),
        MONOLITH: ("monolith", "/users/{id}", "", None),
    }
    stored = {**users, MONOLITH: users[FLOOR]}  # the monolith reads the floor's collection
    return tuple(
        System(
            name,
            _http_get(bench, front, (path, headers), stored[name]),
            bench.programs.select_pids(*filter(None, (front, worker))),
        )
        for name, (front, path, headers, worker) in fronts.items()
    )


def _http_get(bench: Bench, front: str, form: tuple[str, str], users: list[dict[str, Any]]) -> Operation:
    (path, headers), turn = form, cycle(users)

    async def get_user() -> None:
        wanted = next(turn)
        head = f"GET {path.format(**wanted)} HTTP/1.1{headers}"
        body = json.loads(await bench.http[front].request(head))
        require(wanted["username"] in (body.get("username"), body.get("data", {}).get("username")), body)

    return get_user


def _system(bench: Bench, name: str, operation: Operation) -> System:
    process = {USERBUS: "worker", FLOOR: "bare"}.get(name, "faststream")
    return System(name, operation, bench.programs.select_pids(process))
