"""The report of an import: what failed can be corrected in it and imported."""

import json
from pathlib import Path
from uuid import uuid4

from tests.flows.test_import_file import imported, stored
from tests.support.client import Client
from tests.support.stack import Stack

HASH = "$2b$10$fEEbc0FuRKjStFfTOgeTsOpIQmMEsV8INPJ9X5fZWSBw3fiGSRwWu"


def read(report: Path) -> list[dict[str, object]]:
    return [json.loads(line) for line in report.read_text().splitlines()]


async def test_rows_that_failed_are_corrected_in_the_report_and_imported(
    stack: Stack, client: Client, tmp_path: Path
) -> None:
    mark, file = uuid4().hex[:10], tmp_path / "people.csv"
    taken = await client.done("user.create", {"username": f"{mark}_0"})
    names = [taken["username"], f"{mark}_1", f"{mark}_2"]
    rows = [f"{name},{address},{HASH}" for name, address in zip(names, ("", "nonsense", ""), strict=True)]
    file.write_text("\n".join(["login,email,password_hash", *rows, "x,y"]))
    options = ("--map", "login=username", "--set", "company=Ours")
    report = tmp_path / "people.csv.failed.jsonl"
    status, out, err = await imported(stack, file, *options)
    assert (status, out) == (1, "1 created, 0 skipped, 3 failed")
    assert "--show" in err
    assert mark not in report.read_text()
    status, out, err = await imported(stack, file, *options, "--show")
    assert out == "1 already there, 0 skipped, 3 failed"
    assert HASH not in out + err
    assert report.stat().st_mode & 0o777 == 0o600
    lines = read(report)
    assert [(line["line"], line["code"]) for line in lines] == [
        (2, "user.username_taken"),
        (3, "message.invalid"),
        (5, "row.unreadable"),
    ]
    assert lines[1]["row"] == {"username": f"{mark}_1", "email": "nonsense", "password_hash": HASH, "company": "Ours"}
    assert "row" not in lines[2]
    corrected = report.read_text().replace(f"{mark}_0", f"{mark}_3").replace("nonsense", f"{mark}@example.com")
    report.write_text("".join(f"{line}\n" for line in corrected.splitlines()[:2]))
    advice = err.partition("userbus import ")[2].split()[0]
    assert (await imported(stack, Path(advice)))[:2] == (0, "2 created, 0 skipped, 0 failed")
    assert (await imported(stack, report))[:2] == (0, "2 already there, 0 skipped, 0 failed")
    assert await stored(stack, mark) == 4
    assert (await client.done("user.get", {"email": f"{mark}@example.com"}))["company"] == "Ours"


async def test_a_report_as_it_is_fails_again_in_the_same_way(stack: Stack, client: Client, tmp_path: Path) -> None:
    mark, file = uuid4().hex[:10], tmp_path / "people.jsonl"
    await client.done("user.create", {"username": mark})
    file.write_text(json.dumps({"username": mark}) + "\n{\n")
    assert (await imported(stack, file, "--show"))[:2] == (1, "0 created, 0 skipped, 2 failed")
    report = tmp_path / "people.jsonl.failed.jsonl"
    assert (await imported(stack, report, "--show"))[:2] == (1, "0 created, 0 skipped, 2 failed")
    again = read(tmp_path / "people.jsonl.failed.jsonl.failed.jsonl")
    assert [(line["code"], line.get("row")) for line in again] == [
        ("user.username_taken", {"username": mark}),
        ("row.unreadable", None),
    ]


async def test_who_is_there_already_is_not_told_as_created_where_the_progress_is_lost(
    stack: Stack, tmp_path: Path
) -> None:
    mark, file = uuid4().hex[:10], tmp_path / "people.jsonl"
    file.write_text("".join(json.dumps({"username": f"{mark}_{number}"}) + "\n" for number in range(3)))
    assert (await imported(stack, file))[:2] == (0, "3 created, 0 skipped, 0 failed")
    (tmp_path / "people.jsonl.progress").unlink()
    assert (await imported(stack, file))[:2] == (0, "3 already there, 0 skipped, 0 failed")
    copy = tmp_path / "copy.jsonl"
    copy.write_bytes(file.read_bytes())
    for _ in range(2):
        assert (await imported(stack, copy))[:2] == (0, "3 already there, 0 skipped, 0 failed")
    assert await stored(stack, mark) == 3
