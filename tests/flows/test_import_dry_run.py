"""`userbus import --dry-run` end to end: it foretells what the import then does."""

import json
from pathlib import Path
from typing import Any
from uuid import uuid4

from cli.imports.rows import MAX_ROWS
from tests.flows.test_import_file import imported
from tests.support.client import Client
from tests.support.stack import Stack


async def clashing_rows(client: Client, mark: str) -> list[dict[str, Any]]:
    """More rows than go into one call; five of the second call clash with the first one, and two seem to."""
    integration, uuid, number = f"i{mark}", str(uuid4()), 2**40 + int(mark, 16)
    await client.done("integration.create", {"name": integration})
    account = {"integration": integration, "account": "a-1"}
    rows: list[dict[str, Any]] = [{"username": f"{mark}_{each}"} for each in range(MAX_ROWS)]
    rows[0]["password_hash"] = "no hash of any scheme"
    rows[1] |= {"external_id": mark}
    rows[2] |= {"uuid": uuid}
    rows[3] |= {"id": number}
    rows[4] |= {"accounts": [account]}
    rows[5] |= {"email": f"{mark}@example.com", "role_ids": [2**31 - 1]}
    clashing: list[dict[str, Any]] = [
        {"external_id": mark},
        {"uuid": uuid.upper()},
        {"id": number},
        {"accounts": [account]},
        {"username": "\uff3f".join((mark, "6"))},  # which is read as _
    ]
    others = [{"username": f"{mark}_0"}, {"email": f"{mark}@example.com"}]
    return [*rows, *({"username": f"{mark}_late{place}"} | row for place, row in enumerate(clashing)), *others]


async def test_it_counts_those_who_come(stack: Stack, client: Client, tmp_path: Path) -> None:
    mark, file = uuid4().hex[:8], tmp_path / "people.jsonl"
    rows = await clashing_rows(client, mark)
    file.write_text("".join(json.dumps(row) + "\n" for row in rows))
    status, foretold, _ = await imported(stack, file, "--dry-run")
    assert status == 1
    come = MAX_ROWS - 2 + 2
    assert foretold.startswith(f"dry run: {come:,} would be created, 0 skipped, 7 not, 0 left out"), foretold
    assert "clash in the file: 5, at line or record" in foretold
    told = ["external_id of line or record 2", "uuid of line or record 3", "id of line or record 4"]
    for text in (*told, "account of line or record 5", "username of line or record 7"):
        assert f"has the {text} of the same file" in foretold
    status, out, _ = await imported(stack, file)
    assert (status, out) == (1, f"{come:,} created, 0 skipped, 7 failed")


async def test_it_counts_those_who_are_skipped(stack: Stack, client: Client, tmp_path: Path) -> None:
    mark, file = uuid4().hex[:8], tmp_path / "people.jsonl"
    rows = await clashing_rows(client, mark)
    file.write_text("".join(json.dumps(row) + "\n" for row in rows))
    await client.done("user.create", rows[7])
    status, foretold, _ = await imported(stack, file, "--dry-run", "--on-conflict", "skip")
    assert (status, "has the" in foretold) == (1, False)
    come = MAX_ROWS - 3 + 2
    assert foretold.splitlines()[0] == f"dry run: {come:,} would be created, 6 skipped, 2 not, 0 left out"
    status, out, _ = await imported(stack, file, "--on-conflict", "skip")
    assert (status, out) == (1, f"{come:,} created, 6 skipped, 2 failed")
