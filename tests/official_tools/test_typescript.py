"""TypeScript generated from our documents compiles strictly, and what is built on it makes real calls."""

import json
from uuid import uuid4

from bridge.openapi.document import document
from tests.official_tools.tools import PROGRAMS, Tools
from tests.support.dialects import DIALECTS
from tests.support.source import ROOT
from tests.support.stack import Stack

OPTIONS = ("--strict", "--target", "es2022", "--module", "nodenext", "--skipLibCheck", "false")


async def compile_program(tools: Tools, name: str) -> str:
    """Compile one of our programs beside what was generated; the name of the JavaScript file."""
    (tools.folder / name).write_text((PROGRAMS / name).read_text())
    await tools.run("tsc", *OPTIONS, name)
    return name.replace(".ts", ".js")


async def test_a_user_is_created_over_the_bus(tools: Tools, stack: Stack) -> None:
    await tools.run("json2ts", "--input", f"{ROOT}/docs/bus/schemas/*.json", "--output", "models/")
    username = f"user_{uuid4().hex[:8]}"
    program = await compile_program(tools, "create_over_bus.ts")
    seen = json.loads(await tools.run("node", program, stack.amqp_url, username))
    assert (seen["username"], seen["subject"]) == (username, f"user/{seen['id']}")
    assert seen["event"]


async def test_a_user_is_created_over_http(tools: Tools, stack: Stack) -> None:
    foreseen = [dialect for dialect in DIALECTS if dialect.name == "foreseen"]
    path = tools.write("openapi.json", document(foreseen, "foreseen", "1"))
    await tools.run("openapi-typescript", path, "--output", "http.d.ts")
    username = f"user_{uuid4().hex[:8]}"
    program = await compile_program(tools, "create_over_http.ts")
    seen = json.loads(await tools.run("node", program, stack.url, stack.token, username))
    assert (seen["error_code"], seen["data"]["username"]) == (0, username)


async def test_the_types_of_every_dialect_compile(tools: Tools) -> None:
    for dialect in DIALECTS:
        path = tools.write("openapi.json", document([dialect], dialect.name, "1"))
        await tools.run("openapi-typescript", path, "--output", f"{dialect.name}.ts")
    await tools.run("tsc", *OPTIONS, "--noEmit", *(f"{dialect.name}.ts" for dialect in DIALECTS))
