"""A benchmark counts what was done, and what fails ends it."""

import asyncio
import os
from collections.abc import AsyncIterator, Awaitable, Callable
from urllib.parse import urlsplit

import pytest

from bench.bus_load import BusLoad, Refused, bus_load
from bench.http_load import http_load
from bench.load import quantile, repeat, repeat_at_rate, repeat_times
from bench.requests import create_operation, create_users, get_operation
from tests.support.stack import Stack


@pytest.fixture
async def bus(stack: Stack) -> AsyncIterator[BusLoad]:
    async with bus_load(stack.amqp_url) as load:
        yield load


async def test_a_sample_holds_each_operation_and_the_processor_time_of_each_process() -> None:
    running, most, done = 0, 0, 0

    async def operation() -> None:
        nonlocal running, most, done
        running += 1
        most = max(most, running)
        await asyncio.sleep(0.001)
        running -= 1
        done += 1

    sample = await repeat(operation, 3, 0.05, {"load": os.getpid()})
    assert (most, len(sample.latencies), [*sample.cpu]) == (3, done, ["load"])
    assert sample.rate == done / sample.seconds


async def test_operations_at_a_rate_all_start() -> None:
    latencies = await repeat_at_rate(lambda: asyncio.sleep(0), 100, 0.1)
    assert len(latencies) == 10


@pytest.mark.parametrize("form", ["in flight", "at a rate", "a number of times"])
async def test_a_failed_operation_ends_the_measurement(form: str) -> None:
    async def fail() -> None:
        raise RuntimeError("refused")

    load: dict[str, Callable[[], Awaitable[object]]] = {
        "in flight": lambda: repeat(fail, 4, 0.05, {}),
        "at a rate": lambda: repeat_at_rate(fail, 100, 0.05),
        "a number of times": lambda: repeat_times(fail, 4, 8),
    }
    with pytest.raises(ExceptionGroup) as caught:
        await load[form]()
    assert caught.value.subgroup(RuntimeError) is not None


def test_a_quantile_is_one_of_the_values() -> None:
    values = [float(number) for number in range(100, 0, -1)]
    assert [quantile(values, share) for share in (0.0, 0.01, 0.5, 0.99, 0.999)] == [1, 1, 50, 99, 100]


async def test_userbus_does_what_the_rows_ask_for(bus: BusLoad) -> None:
    users = await create_users(bus.ask, 3)
    sample = await repeat(get_operation(bus.ask, users), 2, 0.05, {})
    assert len(users) == 3
    assert sample.latencies != []
    await create_operation(bus.ask)()


async def test_a_refusal_is_an_error(bus: BusLoad) -> None:
    with pytest.raises(Refused) as caught:
        await bus.ask("user.get", {"id": 9_000_000_000})
    assert caught.value.problem["code"] == "user.not_found"


async def test_another_user_than_the_one_asked_for_is_an_error(bus: BusLoad) -> None:
    one, other = await create_users(bus.ask, 2)
    with pytest.raises(RuntimeError, match="unexpected result"):
        await get_operation(bus.ask, [{**one, "username": other["username"]}])()


async def test_a_status_other_than_200_is_an_error(stack: Stack) -> None:
    port = urlsplit(stack.url).port
    assert port is not None
    async with http_load(port) as http:
        assert b"live" in await http.request("GET /health/live HTTP/1.1")
        with pytest.raises(RuntimeError, match="404"):
            await http.request(f"GET /user/nobody HTTP/1.1\r\nAuthorization: Bearer {stack.token}")
