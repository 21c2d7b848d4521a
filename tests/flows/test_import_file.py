"""`userbus import` end to end: a file becomes users, also when it is interrupted on the way."""

import asyncio
import json
import os
import signal
import sys
from asyncio.subprocess import PIPE, Process
from pathlib import Path
from uuid import uuid4

from tests.client import Client
from tests.stack import Stack


async def started(stack: Stack, file: Path, *options: str) -> Process:
    command = (sys.executable, "-m", "cli", "import", str(file), *options)
    env = os.environ | {"USERBUS_AMQP_URL": stack.amqp_url}
    return await asyncio.create_subprocess_exec(*command, env=env, stdout=PIPE, stderr=PIPE)


async def imported(stack: Stack, file: Path, *options: str) -> tuple[int | None, str, str]:
    program = await started(stack, file, *options)
    out, err = await asyncio.wait_for(program.communicate(), 60)
    return program.returncode, out.decode().strip(), err.decode()


def written(file: Path, count: int) -> str:
    mark = uuid4().hex[:10]
    file.write_text("".join(json.dumps({"username": f"{mark}_{number}"}) + "\n" for number in range(count)))
    return mark


async def stored(stack: Stack, mark: str) -> int:
    users = stack.worker.shared.store.collection("users")
    return int(await users.count_documents({"username": {"$regex": f"^{mark}_"}}))


async def test_a_csv_file_becomes_users_and_its_faults_a_report(stack: Stack, client: Client, tmp_path: Path) -> None:
    mark, file = uuid4().hex[:10], tmp_path / "users.csv"
    file.write_text(f"username,email,id\n{mark},,\n{mark.upper()},,\n,{mark}@example.com,\n,nonsense,\n")
    status, out, err = await imported(stack, file)
    assert (status, out) == (1, "2 created, 0 skipped, 2 failed")
    assert "users.csv.failed.jsonl" in err
    report = [json.loads(line) for line in (tmp_path / "users.csv.failed.jsonl").read_text().splitlines()]
    assert [(row["line"], row["code"]) for row in report] == [(3, "user.username_taken"), (5, "message.invalid")]
    assert (await client.done("user.get", {"email": f"{mark}@example.com"}))["username"] is None


async def test_a_finished_file_is_not_imported_again_unless_asked(stack: Stack, tmp_path: Path) -> None:
    file = tmp_path / "users.jsonl"
    mark = written(file, 30)
    first = await imported(stack, file, "--on-conflict", "skip")
    assert first[:2] == (0, "30 created, 0 skipped, 0 failed")
    assert (await imported(stack, file, "--on-conflict", "skip"))[:2] == first[:2]
    assert (await imported(stack, file))[0] == 1
    again = await imported(stack, file, "--on-conflict", "skip", "--again")
    assert again[:2] == (0, "0 created, 30 skipped, 0 failed")
    assert await stored(stack, mark) == 30


async def test_an_interrupted_import_goes_on_where_it_stopped(stack: Stack, tmp_path: Path) -> None:
    file = tmp_path / "users.jsonl"
    progress = tmp_path / "users.jsonl.progress"
    mark = written(file, 8000)
    program = await started(stack, file, "--parallel", "2")
    async with asyncio.timeout(30):
        while not progress.exists() or progress.read_text().count("\n") < 3:
            await asyncio.sleep(0.01)
    program.send_signal(signal.SIGINT)
    _, err = await asyncio.wait_for(program.communicate(), 30)
    assert program.returncode == 130
    assert b"the same command goes on from here" in err
    assert (await imported(stack, file))[:2] == (0, "8,000 created, 0 skipped, 0 failed")
    assert await stored(stack, mark) == 8000


async def test_a_lost_progress_file_does_not_import_twice(stack: Stack, tmp_path: Path) -> None:
    file = tmp_path / "users.jsonl"
    mark = written(file, 20)
    first = await imported(stack, file)
    (tmp_path / "users.jsonl.progress").unlink()
    assert await imported(stack, file) == first
    assert await stored(stack, mark) == 20


async def test_a_line_that_is_no_json_fails_alone(stack: Stack, tmp_path: Path) -> None:
    file = tmp_path / "users.jsonl"
    mark = written(file, 2)
    file.write_text("{nonsense\n" + file.read_text())
    status, out, _ = await imported(stack, file)
    assert (status, out) == (1, "2 created, 0 skipped, 1 failed")
    report = json.loads((tmp_path / "users.jsonl.failed.jsonl").read_text())
    assert (report["line"], report["code"]) == (1, "row.unreadable")
    assert await stored(stack, mark) == 2


async def test_an_unknown_column_is_told_before_anything_is_sent(stack: Stack, tmp_path: Path) -> None:
    file = tmp_path / "users.csv"
    file.write_text("username,password\nann,secret\n")
    status, _, err = await imported(stack, file)
    assert status == 1
    assert "unknown columns in the first line: password" in err
