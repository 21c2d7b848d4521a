"""The OpenAPI documents against the whole stack: whatever is sent, the responses are documented.

The requests delete and rename what other tests need, so this stack is apart from theirs.
"""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest
import schemathesis
from hypothesis import HealthCheck, given, settings
from schemathesis.core.failures import FailureGroup
from schemathesis.core.result import Ok
from schemathesis.generation import GenerationMode
from schemathesis.schemas import APIOperation
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from devstack.servers import RunningServers
from tests.support.client import Client
from tests.support.dialects import DIALECT_NAMES
from tests.support.patience import PATIENCE
from tests.support.stack import Stack, fresh_database, running_stack
from tests.support.starcedu import create_tenant_header, get_user_token, person

EXAMPLES = 4
# A request that holds for long keeps what is sent small; everything else about the data is the generator's choice.
BOUNDED = settings(
    max_examples=EXAMPLES, deadline=None, database=None, derandomize=True, suppress_health_check=list(HealthCheck)
)


@pytest.fixture(scope="module")
async def stack(apart: RunningServers) -> AsyncIterator[Stack]:
    async with running_stack(apart, mongo_url=fresh_database(apart.mongo_url)) as up:
        yield up


@pytest.fixture
async def client(stack: Stack) -> AsyncIterator[Client]:
    async with Client(stack.amqp_url) as up:
        yield up


def examine(operation: APIOperation[Any, Any, Any, Any], url: str, headers: dict[str, str]) -> None:
    """Send good and bad requests, and look at the answers."""
    for mode in (GenerationMode.POSITIVE, GenerationMode.NEGATIVE):

        @BOUNDED
        @given(case=operation.as_strategy(generation_mode=mode))
        def check(case: schemathesis.Case[Any]) -> None:
            response = case.call(base_url=url, headers=headers, timeout=PATIENCE)
            assert response.status_code < 500
            case.validate_response(
                response, checks=[status_code_conformance, content_type_conformance, response_schema_conformance]
            )

        check()


def examine_all(document: dict[str, Any], url: str, headers: dict[str, str]) -> int:
    schema = schemathesis.openapi.from_dict(document)
    examined = 0
    for found in schema.get_all_operations():
        assert isinstance(found, Ok)
        examine(found.ok(), url, headers)
        examined += 1
    return examined


@pytest.mark.parametrize("dialect", DIALECT_NAMES)
async def test_answers_are_documented_ones(
    stack: Stack, client: Client, visitor: httpx.AsyncClient, dialect: str
) -> None:
    headers = {"Authorization": f"Bearer {stack.token}"}
    if dialect == "starcedu":
        tenant = await create_tenant_header(client)
        headers = tenant | {"Authorization": f"bearer {await get_user_token(visitor, tenant, person())}"}
    document = (await visitor.get(f"/docs/{dialect}/openapi.json")).json()
    assert await asyncio.to_thread(examine_all, document, stack.url, headers) > 0


async def test_an_undocumented_answer_is_noticed(stack: Stack, visitor: httpx.AsyncClient) -> None:
    document = (await visitor.get("/docs/foreseen/openapi.json")).json()
    read = document["paths"]["/user/{username}"]["get"]
    del read["responses"]["401"]
    document["paths"] = {"/user/{username}": {"get": read}}
    with pytest.raises(FailureGroup):
        await asyncio.to_thread(examine_all, document, stack.url, {})
