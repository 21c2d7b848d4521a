"""`userbus import` of files that are damaged or hostile: a clear line, a status, nobody by half."""

import asyncio
import codecs
import gzip
import json
import os
from pathlib import Path
from uuid import uuid4

import pytest

from tests.flows.test_import_file import imported, started, stored
from tests.support.client import Client
from tests.support.lost_replies import LostReplies
from tests.support.patience import PATIENCE
from tests.support.proxy import proxy
from tests.support.stack import Stack

LONG = "x" * 10_000_000
DEEP = "[" * 10_000 + "]" * 10_000
HASH = "$2b$12$" + "x" * 1_000_000
TOO_LONG = "a cell of more than 131,072 characters"


def lines(*rows: str) -> bytes:
    return "".join(f"{row}\n" for row in rows).encode()


def people(count: int) -> bytes:
    """JSON lines that do not pack well."""
    return lines(*(f'{{"username": "MARK_{n}", "name": "{os.urandom(16).hex()}"}}' for n in range(count)))


def jsonl(second: str) -> bytes:
    return lines('{"username": "MARK_1"}', second, '{"username": "MARK_3"}')


def with_hash(text: str) -> str:
    return json.dumps({"username": "MARK_2", "password_hash": text})


WHOLE_FILES = {  # name → content, what is told
    "cut.jsonl.gz": (gzip.compress(people(3000))[:-1000], "the gzip file is cut off or damaged after line"),
    "cut.json": (b'[{"username": "MARK_1"}, {"username": "MARK_2"}', "the JSON is cut off"),
    "cut.sql": (b"COPY x.users (name, email) FROM stdin;\nMARK_1\ta@x.cn\n", "the dump is cut off within table users"),
    "bytes.jsonl": (people(2) + b'{"username": "\xff"}\n', "line 3 is not UTF-8: save the file as UTF-8"),
    "bytes.csv": (b"username\nMARK_1\n\xe7\n", "line 3 is not UTF-8"),
    "half.csv": (codecs.BOM_UTF16_LE + "username\nMARK_1\n".encode("utf-16-le")[:-1], "is not UTF-8"),
    "endless.jsonl": (people(1) + b'{"username": "' + b"x" * 17_000_000, "line 2 is longer than 16,777,216 characters"),
    "deep.json": (b'{"x": ' + DEEP.encode() + b"}", "no people in it"),
}
RECORDS = {  # the second of three is wrong
    "long.jsonl": (jsonl(f'{{"username": "{LONG}"}}'), "the row is longer than 983,040 bytes"),
    "long.csv": (lines("username", "MARK_1", LONG, "MARK_3"), TOO_LONG),
    "deep.jsonl": (jsonl(DEEP), "is nested too deeply"),
    "deep.json": (f'[{{"username": "MARK_1"}}, {DEEP}, {{"username": "MARK_3"}}]'.encode(), "is nested too deeply"),
    "hash.csv": (lines("username,password_hash", "MARK_1,", f"MARK_2,{HASH}", "MARK_3,"), TOO_LONG),
    "hash.jsonl": (jsonl(with_hash(HASH)), "the row is longer than 983,040 bytes"),
    "hash900.jsonl": (
        jsonl(with_hash(HASH[:900_000])),
        "the password hash is refused: it is longer than 4096 characters",
    ),
}


def write(folder: Path, name: str, content: bytes) -> tuple[Path, str]:
    """Write the file; the mark of its people, who are no others'."""
    mark, file = uuid4().hex[:10], folder / name
    if name.endswith(".gz"):
        file.write_bytes(content)  # cut off before any mark can be found
    else:
        file.write_bytes(content.replace(b"MARK", mark.encode()).replace(b"M\0A\0R\0K\0", mark.encode("utf-16-le")))
    return file, mark


@pytest.mark.parametrize("name", WHOLE_FILES)
@pytest.mark.parametrize("option", [(), ("--dry-run",)], ids=["import", "dry run"])
async def test_of_a_file_that_cannot_be_read_to_its_end_nobody_comes(
    stack: Stack, tmp_path: Path, name: str, option: tuple[str, ...]
) -> None:
    content, told = WHOLE_FILES[name]
    file, mark = write(tmp_path, name, content)
    system = ("--from", "laravel") if name.endswith(".sql") else ()
    status, out, err = await imported(stack, file, *system, *option)
    assert (status, out, err.count("\n")) == (1, "", 1)
    assert told in err
    assert await stored(stack, mark) == await stored(stack, "MARK") == 0
    assert os.listdir(tmp_path) == [name]


@pytest.mark.parametrize("name", RECORDS)
async def test_a_record_that_nobody_can_read_fails_alone(stack: Stack, tmp_path: Path, name: str) -> None:
    content, told = RECORDS[name]
    file, mark = write(tmp_path, name, content)
    status, out, err = await imported(stack, file)
    assert (status, out) == (1, "2 created, 0 skipped, 1 failed"), err
    (problem,) = [json.loads(line) for line in (tmp_path / f"{name}.failed.jsonl").read_text().splitlines()]
    assert problem["line"] == (3 if name.endswith(".csv") else 2)
    assert told in problem["message"]
    assert len(problem["message"]) < 300
    assert await stored(stack, mark) == 2


async def test_two_people_with_one_address_in_other_letter_case_are_told(
    stack: Stack, client: Client, tmp_path: Path
) -> None:
    mark, file = uuid4().hex[:10], tmp_path / "people.csv"
    file.write_text(f"email,name\nAnn.{mark}@Example.com,Ann\nann.{mark}@example.COM,Other\n")
    status, out, _ = await imported(stack, file, "--dry-run")
    assert (status, out.splitlines()[0]) == (1, "dry run: 1 would be created, 0 skipped, 1 not, 0 left out")
    assert "3: has the email of line or record 2 of the same file" in out
    assert (await imported(stack, file))[:2] == (1, "1 created, 0 skipped, 1 failed")
    (problem,) = [json.loads(line) for line in (tmp_path / "people.csv.failed.jsonl").read_text().splitlines()]
    assert (problem["line"], problem["code"]) == (3, "user.email_taken")
    assert (await client.done("user.get", {"email": f"ANN.{mark}@example.com"}))["name"] == "Ann"


async def test_a_file_that_changes_while_it_is_imported_stops_it(stack: Stack, tmp_path: Path) -> None:
    mark, file = uuid4().hex[:10], tmp_path / "users.jsonl"
    file.write_bytes(people(20_000).replace(b"MARK", mark.encode()))
    async with proxy(stack.amqp_url) as (link, url):
        link.answers = lost = LostReplies(passed=1)
        program = await started(url, file, "--parallel", "2")
        await asyncio.wait_for(lost.swallowed.wait(), PATIENCE)
        file.write_bytes(file.read_bytes() + b"\n")
        link.answers = bytes
        link.cut()
        link.heal()
        out, err = await asyncio.wait_for(program.communicate(), 2 * PATIENCE)
    text = " ".join(err.decode().split())
    assert program.returncode == 1, text
    assert "users.jsonl: the file has changed while it was read: wait until it is complete, and start again" in text
    told = int(out.decode().split()[0].replace(",", ""))
    assert told <= await stored(stack, mark) < 20_000
    status, _, err_again = await imported(stack, file)
    assert (status, "add --again --on-conflict skip" in " ".join(err_again.split())) == (1, True)


async def test_a_folder_that_takes_no_progress_is_told(stack: Stack, tmp_path: Path) -> None:
    file = tmp_path / f"{'x' * 245}.jsonl"  # no room for the name of another file beside it
    file.write_text('{"username": "ann"}\n')
    status, _, err = await imported(stack, file)
    assert status == 1
    assert "Traceback" not in err
    assert "cannot be kept beside it (File name too long): copy it to a folder of your own" in " ".join(err.split())
