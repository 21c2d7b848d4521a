"""Generated bodies of known fields with plausible and odd values: whatever they are, they are no fault of ours."""

import json
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from contracts.catalog import CATALOG
from tests.support.client import Client

# no small positive number: what the other tests use shall stay
NUMBERS = st.integers(-(2**70), 0) | st.integers(10**9, 2**70)
ODD = ["", " ", "\x00", "x" * 300, "a@b.cd", "13800000000", "user.*", "2020-01-01T00:00:00Z", "İ", "ß", "$where", "-1"]
TEXTS = st.text(max_size=20) | st.sampled_from([*ODD, "id", "name", "username", "asc", "create", "standard", "1e400"])
SCALARS = st.none() | st.booleans() | NUMBERS | st.floats(allow_nan=False, allow_infinity=False) | TEXTS
INNER = ["field", "op", "value", "direction", "integration", "account", "action", "id", "secret", "email", "$gt", "a.b"]
VALUES = st.recursive(
    SCALARS,
    lambda one: st.lists(one, max_size=3) | st.dictionaries(st.sampled_from(INNER), one, max_size=4),
    max_leaves=6,
)
CONDITIONS = st.fixed_dictionaries(
    {
        "field": st.sampled_from(["id", "name", "created_at", "code", "username", "status", "title"]),
        "op": st.sampled_from(["eq", "ne", "gt", "lte", "in", "notin", "between", "like", "notlike", "is", "not"]),
        "value": SCALARS | st.lists(SCALARS, max_size=3),
    }
)


def value_of(name: str) -> st.SearchStrategy[Any]:
    """Values of which some fit a field of this name."""
    if name.endswith("ids"):
        return st.lists(NUMBERS, max_size=3)
    if name == "filter":
        return st.lists(CONDITIONS, max_size=2)
    return NUMBERS | VALUES if name.endswith("id") else TEXTS | VALUES


def bodies(name: str) -> st.SearchStrategy[dict[str, Any]]:
    """All fields that the request needs, and some that it may have."""
    fields = CATALOG[name].message.model_fields
    needed = {key: value_of(key) for key, field in fields.items() if field.is_required()}
    return st.fixed_dictionaries(needed, optional={key: value_of(key) for key in fields if key not in needed})


@pytest.mark.parametrize("name", CATALOG)
async def test_an_odd_body_is_carried_out_or_refused_by_a_rule(client: Client, name: str) -> None:
    @settings(max_examples=15, deadline=None, database=None, suppress_health_check=list(HealthCheck))
    @given(bodies(name))
    def collect(body: dict[str, Any]) -> None:
        collected.append(body)

    collected: list[dict[str, Any]] = []
    collect()
    for body in collected:
        reply = await client.call(name, json.dumps(body).encode())
        assert reply["status"] == "done" or reply["problem"]["kind"] not in ("internal", "unavailable"), body
