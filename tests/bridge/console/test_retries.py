"""Retries under way in the console."""

from collections.abc import AsyncIterator

import pytest

from tests.bridge.console.conftest import SignedInOperator
from tests.support.client import Client
from tests.support.console import Visitor
from tests.support.retries import add_retries, purge_retries


@pytest.fixture(autouse=True)
async def nothing_waits(client: Client) -> AsyncIterator[None]:
    """Nothing waits before a test and after it."""
    await purge_retries(client)
    yield
    await purge_retries(client)


async def test_what_waits_is_shown_by_name_and_step_and_one_by_one(operator: SignedInOperator, client: Client) -> None:
    (other,) = await add_retries(client, 1, "2min", "user.update", **{"x-cause": "<b>service.circuit_open"})
    first, second = await add_retries(client, 2)
    page = await operator.visitor.read("/retries")
    assert page.index("name=user.create&amp;step=10min") < page.index("name=user.update&amp;step=2min")
    assert ("&lt;b&gt;service.circuit_open" in page, "<p>2 wait</p>" in page) == (True, True)
    assert page.index(other) < page.index(first) < page.index(second)
    page = await operator.visitor.read("/retries?name=user.create&step=10min")
    assert (first in page, second in page, other in page) == (True, True, False)
    assert '<td data-label="Sender">billing</td>' in page


async def test_where_nothing_waits_it_says_so(operator: SignedInOperator, client: Client) -> None:
    assert "Nothing waits for another try." in await operator.visitor.read("/retries")
    await add_retries(client, 1)
    page = await operator.visitor.read("/retries?name=user.delete")
    assert "None of these waits any more" in page


async def test_a_stranger_sees_nothing(stranger: Visitor) -> None:
    assert await stranger.read("/retries", 303) == ""
