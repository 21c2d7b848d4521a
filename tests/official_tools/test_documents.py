"""The official parsers and linters accept our documents without an error or a warning."""

import json

import pytest

from bridge.openapi.document import document
from contracts.asyncapi.document import asyncapi
from contracts.catalog import CATALOG
from tests.official_tools.tools import Tools
from tests.support.dialects import DIALECTS
from tests.support.source import ROOT

DOCUMENTS = {"openapi": DIALECTS} | {dialect.name: [dialect] for dialect in DIALECTS}
SCHEMAS = sorted((ROOT / "docs/bus/schemas").glob("*.json"))


async def test_asyncapis_parser_finds_every_request_with_its_reply(tools: Tools) -> None:
    parsed = await tools.run_node("parse_asyncapi.mjs", tools.write("asyncapi.json", asyncapi()))
    assert parsed["diagnostics"] == []
    replying = {each["id"] for each in parsed["operations"] if each["replies"]}
    assert replying == set(CATALOG)


@pytest.mark.parametrize("name", DOCUMENTS)
async def test_redocly_finds_nothing_to_say(tools: Tools, name: str) -> None:
    path = tools.write("openapi.json", document(DOCUMENTS[name], name, "1"))
    said = await tools.run("redocly", "lint", "--extends=recommended", "--format=json", path)
    totals = json.loads(said[said.index("{") : said.rindex("}") + 1])["totals"]
    assert (totals["errors"], totals["warnings"]) == (0, 0), said


@pytest.mark.parametrize("name", DOCUMENTS)
async def test_spectrals_own_rules_find_nothing_to_say(tools: Tools, name: str) -> None:
    path = tools.write("openapi.json", document(DOCUMENTS[name], name, "1"))
    (tools.folder / ".spectral.yaml").write_text('extends: ["spectral:oas"]')
    said = await tools.run("spectral", "lint", "--fail-severity=hint", "--format=json", "--quiet", path)
    assert json.loads(said) == []


async def test_every_json_schema_compiles_in_ajvs_strict_mode(tools: Tools) -> None:
    assert len(SCHEMAS) > len(CATALOG)
    assert await tools.run_node("compile_schemas.mjs", *SCHEMAS) == {}
