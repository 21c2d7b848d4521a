"""The OpenAPI documents over HTTP: valid, complete, and in agreement with the responses."""

import re
from collections.abc import Iterator
from typing import Any

import httpx
import pytest
from jsonschema import Draft202012Validator
from openapi_spec_validator import validate

from tests.bridge.conftest import RunningBridge
from tests.support.dialects import DIALECT_NAMES, ENDPOINT_NAMES

Json = dict[str, Any]


async def fetch_document(bridge: RunningBridge) -> Json:
    answer = await bridge.client.get("/docs/openapi.json", headers={"Authorization": ""})
    assert (answer.status_code, answer.headers["content-type"]) == (200, "application/json")
    document: Json = answer.json()
    return document


def operations(document: Json) -> Iterator[tuple[str, str, Json]]:
    for path, verbs in document["paths"].items():
        for verb, operation in verbs.items():
            yield verb.upper(), path, operation


async def test_the_documents_are_valid_openapi(bridge: RunningBridge) -> None:
    whole = await fetch_document(bridge)
    # all are fetched first: checking one may outlast the time for which the bridge keeps an idle connection
    documents = {name: (await bridge.client.get(f"/docs/{name}/openapi.json")).json() for name in DIALECT_NAMES}
    validate(whole)
    for name, document in documents.items():
        validate(document)
        assert document["openapi"] == "3.1.0"
        assert {tag for *_, operation in operations(document) for tag in operation["tags"]} == {name}


async def test_every_endpoint_is_documented_and_every_operation_served(bridge: RunningBridge) -> None:
    document = await fetch_document(bridge)
    assert sorted(f"{verb} {path}" for verb, path, _ in operations(document)) == sorted(ENDPOINT_NAMES)
    for path, verbs in document["paths"].items():
        allowed = (await bridge.client.options(re.sub(r"{\w+}", "1", path))).headers["allow"].split(", ")
        assert {*allowed} - {"HEAD", "OPTIONS"} == {verb.upper() for verb in verbs}


async def test_operations_have_names_of_their_own(bridge: RunningBridge) -> None:
    names = [operation["operationId"] for *_, operation in operations(await fetch_document(bridge))]
    assert len(set(names)) == len(names)


async def test_every_example_has_the_shape_that_is_documented(bridge: RunningBridge) -> None:
    examples: list[tuple[Any, Any]] = []
    for *_, operation in operations(await fetch_document(bridge)):
        for response in operation["responses"].values():
            for content in response.get("content", {}).values():
                examples += [(content["schema"], each["value"]) for each in content.get("examples", {}).values()]
        for content in operation.get("requestBody", {}).get("content", {}).values():
            examples.append((content["schema"], content["example"]))
    assert len(examples) > 200
    assert [example for schema, example in examples if not Draft202012Validator(schema).is_valid(example)] == []


def parts(value: Any) -> Iterator[Json]:
    """Every object within a document, examples aside."""
    if isinstance(value, dict):
        yield value
        for key, inner in value.items():
            if key not in ("example", "examples"):
                yield from parts(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from parts(inner)


async def test_generators_of_clients_find_types_and_items(bridge: RunningBridge) -> None:
    found = [*parts(await fetch_document(bridge))]
    assert [part for part in found if ("const" in part or "enum" in part) and "type" not in part] == []
    assert [part for part in found if isinstance(part.get("const"), dict | list)] == []
    assert [part for part in found if part.get("type") == "array" and not part.get("items")] == []


async def test_documents_describe_servers_licence_calls_and_parameters(bridge: RunningBridge) -> None:
    document = await fetch_document(bridge)
    assert (document["info"]["license"]["name"], document["servers"][0]["url"]) == ("Apache-2.0", "/")
    described = [operation for *_, operation in operations(document)]
    described += [parameter for operation in described for parameter in operation["parameters"]]
    assert [part for part in described if not part["description"]] == []


async def test_the_page_loads_only_what_the_bridge_has(bridge: RunningBridge) -> None:
    answer = await bridge.client.get("/docs", headers={"Authorization": ""})
    assert (answer.status_code, answer.headers["content-type"]) == (200, "text/html; charset=utf-8")
    policy = answer.headers["content-security-policy"].split("; ")
    assert {"default-src 'none'", "script-src 'self'", "connect-src 'self'"} <= set(policy)
    assert not re.search(r"https?://|<script>|\bon\w+=", answer.text)
    scripts = re.findall(r'src="([^"]*)"', answer.text)
    loaded = [await bridge.client.get(path) for path in scripts]
    assert [script.status_code for script in loaded] == [200, 200]
    for path in re.findall(r'"url": "([^"]*)"', loaded[1].text):
        assert (await bridge.client.get(path)).json()["openapi"] == "3.1.0"
    assert loaded[1].text.count('"url"') == len(DIALECT_NAMES) + 1


async def test_the_page_of_the_bus_shows_each_message_without_scripts(bridge: RunningBridge) -> None:
    assert "(/docs/bus)" in (await fetch_document(bridge))["info"]["description"]
    contract = (await bridge.client.get("/docs/asyncapi.json", headers={"Authorization": ""})).json()
    answer = await bridge.client.get("/docs/bus", headers={"Authorization": ""})
    assert (answer.status_code, answer.headers["content-type"]) == (200, "text/html; charset=utf-8")
    policy = answer.headers["content-security-policy"]
    assert ("default-src 'none'" in policy, "unsafe-inline" in policy, "script-src" in policy) == (True, False, False)
    assert not re.search(r"<script|<style|\bon\w+=|style=", answer.text)
    assert (f"AsyncAPI {contract['asyncapi']}<" in answer.text, "`" in answer.text) == (True, False)
    sections = set(re.findall(r'<section id="([^"]*)"', answer.text))
    assert {*contract["operations"]} <= sections
    assert set(re.findall(r'href="#([^"]*)"', answer.text)) <= sections
    (style,) = re.findall(r'rel="stylesheet" href="([^"]*)"', answer.text)
    assert (await bridge.client.get(style)).headers["content-type"].startswith("text/css")


@pytest.mark.parametrize("path", ["/", "/docs/"])
async def test_who_guesses_is_led_to_the_page(bridge: RunningBridge, path: str) -> None:
    answer = await bridge.client.get(path, follow_redirects=False)
    assert (answer.status_code, answer.headers["location"]) == (307, "/docs")


@pytest.mark.parametrize("path", ["/docs/nosuch/openapi.json", "/docs/foreseen", "/openapi.json"])
async def test_there_are_no_other_documents(bridge: RunningBridge, path: str) -> None:
    answer: httpx.Response = await bridge.client.get(path)
    assert (answer.status_code, answer.json()) == (404, {"message": "not found"})
