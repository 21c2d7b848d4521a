"""People move in from other systems: their file is taken as it is, and they sign in with their old passwords."""

import json
from pathlib import Path

import pytest

from cli.imports.system_modules import system_names
from tests.flows.test_import_file import imported
from tests.support.blocks import ROOT, blocks
from tests.support.client import Client
from tests.support.exports import services, tables
from tests.support.exports.export import Marks, new_name
from tests.support.stack import Stack
from tests.support.visitors import sign_in

EXPORTS = {make.__name__: make for make in (*services.EXPORTS, *tables.EXPORTS)}


@pytest.fixture(scope="module")
async def links(stack: Stack) -> tuple[int, int]:
    """The ids of a role and a group."""
    async with Client(stack.amqp_url) as client:
        app = (await client.done("app.create", {"code": new_name(), "name": "App"}))["id"]
        role = await client.done("role.create", {"app_id": app, "code": new_name(), "name": new_name()})
        group = await client.done("group.create", {"app_id": app, "code": new_name(), "name": "Group"})
    return role["id"], group["id"]


def test_every_system_has_a_sample() -> None:
    assert sorted(EXPORTS) == sorted(system_names())


@pytest.mark.parametrize("system", EXPORTS)
async def test_people_sign_in_with_their_old_passwords(
    system: str, stack: Stack, client: Client, links: tuple[int, int], tmp_path: Path
) -> None:
    marks = Marks(*links, new_name())
    export = EXPORTS[system](marks)
    file, config = tmp_path / export.name, tmp_path / "hash_config"
    file.write_text(export.content)
    config.write_text(export.config)
    options = ("--from", system, *export.options, *(("--hash-config", str(config)) if export.config else ()))
    status, out, err = await imported(stack, file, *options)
    assert (status, out.partition(", 0 failed")[0]) == (0, "1 created, 0 skipped"), err
    assert export.lost in err
    assert marks.name not in out + err
    assert marks.email not in out + err
    if export.password:
        await sign_in(client, export.login, export.password)
    user = await client.done("user.get", {"login": export.login})
    assert export.login in user.values()
    assert export.kept.items() <= user.items()


async def test_the_first_file_of_the_page_is_taken_with_its_password(
    stack: Stack, client: Client, tmp_path: Path
) -> None:
    (block,) = [each for each in blocks(ROOT / "docs" / "moving-in.md") if each.first_line.startswith("username,email")]
    ada, eve = new_name(), new_name()
    file = tmp_path / "people.csv"
    file.write_text(block.text.replace("ada", ada).replace("eve", eve))
    status, out, err = await imported(stack, file)
    assert (status, out.partition(", 0 failed")[0]) == (0, "2 created, 0 skipped"), err
    await sign_in(client, f"{ada}@example.com", "abc123xyz")  # of the hash's author: a vector of bcrypt's tests
    assert (await client.done("user.get", {"username": eve}))["name"] == "Eve Adams"


async def test_hashes_that_are_given_later_do_not_pass_for_those_of_before(stack: Stack, tmp_path: Path) -> None:
    profiles, hashes = tmp_path / "profiles.json", tmp_path / "hashes.json"
    number = new_name()
    profiles.write_text(json.dumps({"user_id": f"auth0|{number}", "email": f"{number}@example.com"}) + "\n")
    hashes.write_text(json.dumps({"_id": {"$oid": number}, "passwordHash": f"$2b$12${'a' * 53}"}) + "\n")
    assert (await imported(stack, profiles, "--from", "auth0"))[0] == 0
    for _ in range(2):
        status, _, err = await imported(stack, profiles, "--from", "auth0", "--passwords", str(hashes))
        assert status == 1
        assert "an option has changed since this import began" in " ".join(err.split())
