"""The documents over HTTP: valid, complete, and showing what is served."""

import json
import re
from collections.abc import Iterator
from html import unescape
from typing import Any

import httpx
import pytest
from jsonschema import Draft202012Validator
from openapi_spec_validator import validate

from bridge.app import tables
from bridge.bus import Bus
from bridge.dialect import Dialect, Row
from bridge.fields import schema_of
from bridge.settings import Settings
from tests.bridge.conftest import Served

Json = dict[str, Any]
DIALECTS = ("foreseen", "rbac", "passport", "starcedu", "usermgmt")
# A flag that is looked at only if it is true: whatever else it may be is no fault.
ANYTHING = {"autoSignin"}


def served_rows() -> list[tuple[Dialect, Row]]:
    return [(one, row) for one in tables(Settings(), Bus("amqp://nowhere/")) for row in one.rows]


ROWS = served_rows()
NAMES = [f"{row.method} {row.path}" for _, row in ROWS]


async def whole(served: Served) -> Json:
    answer = await served.client.get("/docs/openapi.json", headers={"Authorization": ""})
    assert (answer.status_code, answer.headers["content-type"]) == (200, "application/json")
    document: Json = answer.json()
    return document


def operations(document: Json) -> Iterator[tuple[str, str, Json]]:
    for path, verbs in document["paths"].items():
        for verb, operation in verbs.items():
            yield verb.upper(), path, operation


async def test_the_documents_are_valid_openapi(served: Served) -> None:
    validate(await whole(served))
    for name in DIALECTS:
        document = (await served.client.get(f"/docs/{name}/openapi.json")).json()
        validate(document)
        assert document["openapi"] == "3.1.0"
        assert {tag for *_, operation in operations(document) for tag in operation["tags"]} == {name}


async def test_every_row_is_documented_and_every_operation_served(served: Served) -> None:
    document = await whole(served)
    assert sorted(f"{verb} {path}" for verb, path, _ in operations(document)) == sorted(NAMES)
    for path, verbs in document["paths"].items():
        allowed = (await served.client.options(re.sub(r"{\w+}", "1", path))).headers["allow"].split(", ")
        assert {*allowed} - {"HEAD", "OPTIONS"} == {verb.upper() for verb in verbs}


async def test_operations_have_names_of_their_own(served: Served) -> None:
    names = [operation["operationId"] for *_, operation in operations(await whole(served))]
    assert len(set(names)) == len(names)


async def test_every_example_has_the_shape_that_is_documented(served: Served) -> None:
    examples: list[tuple[Any, Any]] = []
    for *_, operation in operations(await whole(served)):
        for response in operation["responses"].values():
            for content in response.get("content", {}).values():
                examples += [(content["schema"], each["value"]) for each in content.get("examples", {}).values()]
        for content in operation.get("requestBody", {}).get("content", {}).values():
            examples.append((content["schema"], content["example"]))
    assert len(examples) > 200
    assert [example for schema, example in examples if not Draft202012Validator(schema).is_valid(example)] == []


@pytest.mark.parametrize(("dialect", "row"), ROWS, ids=NAMES)
def test_a_row_says_what_it_does_takes_and_shows(dialect: Dialect, row: Row) -> None:
    assert row.doc.does
    assert row.doc.shows or not row.doc.answers
    assert row.doc.example is not None or not row.doc.answers
    assert row.doc.asks is not None or not row.fields or row.method in ("GET", "DELETE") or row.doc.body
    assert [field.key for field in row.fields if not schema_of(field.check) and field.key not in ANYTHING] == []
    assert [code for code in row.doc.raises if code not in row.refusals and code not in dialect.refusals] == []


async def test_the_page_shows_every_call_and_fetches_nothing(served: Served) -> None:
    answer = await served.client.get("/docs", headers={"Authorization": ""})
    assert (answer.status_code, answer.headers["content-type"]) == (200, "text/html; charset=utf-8")
    assert "default-src 'none'" in answer.headers["content-security-policy"]
    shown = unescape(re.sub("<[^>]*>", "", answer.text))
    for name in NAMES:
        assert name in shown
    assert not re.search(r"<(script|img|link|iframe)|\bsrc=|@import|url\(|https?://", answer.text)
    for path in re.findall(r'href="([^"]*)"', answer.text):
        linked = await served.client.get(path)
        assert linked.status_code == 200
        assert json.loads(linked.content)["openapi"] == "3.1.0"


@pytest.mark.parametrize("path", ["/docs/", "/docs/nosuch/openapi.json", "/docs/foreseen", "/openapi.json"])
async def test_there_are_no_other_documents(served: Served, path: str) -> None:
    answer: httpx.Response = await served.client.get(path)
    assert (answer.status_code, answer.json()) == (404, {"message": "not found"})
