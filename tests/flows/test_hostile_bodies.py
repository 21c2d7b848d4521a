"""Generated bodies that no request can accept: each is refused as `invalid`, in time, and leaves nothing behind."""

import json
from typing import Any
from uuid import uuid4

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from contracts.catalog import CATALOG
from tests.support.client import Client
from tests.support.stack import Stack

SCALARS = (
    st.none()
    | st.booleans()
    | st.integers(-(2**70), 2**70)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(max_size=20)
    | st.sampled_from(["", " ", "\x00", "1 or 1=1", "x" * 300, "../..", "=cmd()", "é" * 10])
)
VALUES = st.recursive(
    SCALARS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(["$gt", "$where", "id", "a.b"]), inner),
    max_leaves=6,
)
NOT_OBJECTS = [b"", b"null", b"[]", b"1", b'"x"', b"{", b"\xff", b'{"a":' * 300, b"NaN"]


def bodies(name: str) -> st.SearchStrategy[dict[str, Any]]:
    """Some of the request's own fields with whatever values, and one field that it does not have."""
    own = sorted(CATALOG[name].message.model_fields) or ["id"]
    fields = st.dictionaries(st.sampled_from(own), VALUES, max_size=4)
    return st.builds(lambda known, strange: {**known, "no_such_field": strange}, fields, VALUES)


@pytest.mark.parametrize("name", CATALOG)
async def test_a_body_with_a_field_too_many_is_refused(client: Client, stack: Stack, name: str) -> None:
    journal = stack.worker.dependencies.store.collection("journal")

    @settings(max_examples=8, deadline=None, database=None, suppress_health_check=list(HealthCheck))
    @given(bodies(name))
    def collect(body: dict[str, Any]) -> None:
        collected.append(body)

    collected: list[dict[str, Any]] = []
    collect()
    for body in collected:
        message_id = uuid4().hex
        problem = await client.refused(name, json.dumps(body).encode(), message_id=message_id)
        assert problem["kind"] == "invalid"
        assert await journal.find_one({"_id": message_id}) is None


@pytest.mark.parametrize("name", [name for name, entry in CATALOG.items() if entry.is_command])
async def test_what_is_no_object_is_undecodable(client: Client, name: str) -> None:
    for body in NOT_OBJECTS:
        problem = await client.refused(name, body)
        assert (body, problem["kind"], problem["code"]) == (body, "invalid", "message.undecodable")
