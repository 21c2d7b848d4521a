"""`userbus import` end to end: a file becomes users, also when it is interrupted on the way."""

import asyncio
import json
import os
import signal
import sys
from asyncio.subprocess import PIPE, Process
from pathlib import Path
from uuid import uuid4

from tests.support.client import Client
from tests.support.forked_programs import run_program
from tests.support.lost_replies import LostReplies
from tests.support.patience import PATIENCE
from tests.support.proxy import proxy
from tests.support.scripted_worker import wait_until
from tests.support.stack import Stack


async def started(amqp_url: str, file: Path, *options: str) -> Process:
    command = (sys.executable, "-m", "cli", "import", str(file), *options)
    env = os.environ | {"USERBUS_AMQP_URL": amqp_url}
    return await asyncio.create_subprocess_exec(*command, env=env, stdout=PIPE, stderr=PIPE)


async def imported(stack: Stack, file: Path, *options: str) -> tuple[int, str, str]:
    env = os.environ | {"USERBUS_AMQP_URL": stack.amqp_url}
    status, out, err = await asyncio.to_thread(run_program, ["cli", "import", str(file), *options], env)
    return status, out.strip(), err


def written(file: Path, count: int) -> str:
    mark = uuid4().hex[:10]
    file.write_text("".join(json.dumps({"username": f"{mark}_{number}"}) + "\n" for number in range(count)))
    return mark


async def stored(stack: Stack, mark: str) -> int:
    users = stack.worker.dependencies.store.collection("users")
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


async def test_a_row_that_cannot_be_carried_fails_alone(stack: Stack, tmp_path: Path) -> None:
    mark, file = uuid4().hex[:10], tmp_path / "users.json"
    rows = [f'{{"username": "{mark}_{number}"}}' for number in range(40)]
    rows[7] = '{"username": ' + "[" * 200 + "]" * 200 + "}"
    rows[9] = '{"id": ' + "9" * 4000 + "}"
    file.write_text("[\n" + ",\n".join(rows) + "\n]")
    assert (await imported(stack, file))[:2] == (1, "38 created, 0 skipped, 2 failed")
    report = [json.loads(line) for line in (tmp_path / "users.json.failed.jsonl").read_text().splitlines()]
    assert [row["line"] for row in report] == [8, 10]
    assert await stored(stack, mark) == 38


async def test_what_is_not_a_heading_is_not_printed(stack: Stack, tmp_path: Path) -> None:
    file = tmp_path / "firebase.csv"
    file.write_text("x8sKq,ann@example.com,true,aGFzaA==,c2FsdA==,Ann\n")
    status, out, err = await imported(stack, file)
    assert (status, out) == (1, "")
    assert "the first line must name the columns" in err
    assert not any(word in err for word in ("ann@example.com", "aGFzaA==", "Traceback"))


async def test_the_lines_of_those_who_are_imported_without_a_password_are_told(stack: Stack, tmp_path: Path) -> None:
    file = tmp_path / "users.csv"
    mark = uuid4().hex[:10]
    file.write_text(f"username,password_hash\n{mark}_1,!unusable\n{mark}_2,\n{mark}_3,*\n")
    for done in ("created", "already there"):
        status, out, err = await imported(stack, file)
        assert (status, out) == (0, f"3 {done}, 0 skipped, 0 failed")
        assert "2 without a password, as their hashes say: lines 2, 4" in err
    assert await stored(stack, mark) == 3


async def test_a_finished_file_is_not_imported_again_unless_asked(stack: Stack, tmp_path: Path) -> None:
    file = tmp_path / "users.jsonl"
    mark = written(file, 30)
    first = await imported(stack, file, "--on-conflict", "skip")
    assert first[:2] == (0, "30 created, 0 skipped, 0 failed")
    repeat = await imported(stack, file, "--on-conflict", "skip")
    assert repeat[:2] == (0, "30 already there, 0 skipped, 0 failed")
    assert (await imported(stack, file))[0] == 1
    again = await imported(stack, file, "--on-conflict", "skip", "--again")
    assert again[:2] == (0, "0 created, 30 skipped, 0 failed")
    assert await stored(stack, mark) == 30


async def test_a_corrected_file_is_imported_as_the_refusal_says(stack: Stack, tmp_path: Path) -> None:
    file = tmp_path / "users.jsonl"
    mark = written(file, 3)
    right = file.read_text()
    file.write_text(right.replace(f'"{mark}_1"', "5"))
    assert (await imported(stack, file))[:2] == (1, "2 created, 0 skipped, 1 failed")
    file.write_text(right)
    status, _, err = await imported(stack, file)
    _, _, advice = err.rpartition("add ")
    assert (status, advice.split()) == (1, ["--again", "--on-conflict", "skip"])
    assert (await imported(stack, file, *advice.split()))[:2] == (0, "1 created, 2 skipped, 0 failed")
    assert await stored(stack, mark) == 3


async def test_an_interrupted_import_goes_on_where_it_stopped(stack: Stack, tmp_path: Path) -> None:
    file, progress = tmp_path / "users.jsonl", tmp_path / "users.jsonl.progress"
    mark = written(file, 4000)
    async with proxy(stack.amqp_url) as (link, url):
        link.answers = lost = LostReplies(passed=2)  # the first says that nothing of it was sent before
        program = await started(url, file, "--parallel", "2")
        await asyncio.wait_for(lost.swallowed.wait(), PATIENCE)
        await wait_until(lambda: progress.read_text().count("\n") > 1)  # a line for the file, then one a batch
        link.cut()  # it cannot finish before it is told to stop
        program.send_signal(signal.SIGINT)
        _, err = await asyncio.wait_for(program.communicate(), PATIENCE)
    assert program.returncode == 130
    assert b"the same command goes on from here" in err
    assert (await imported(stack, file))[:2] == (0, "4,000 created, 0 skipped, 0 failed")
    assert await stored(stack, mark) == 4000


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
    assert "columns 2 (password: password_hash?)" in " ".join(err.split())


async def test_a_dry_run_tells_what_would_happen_and_writes_nothing(stack: Stack, tmp_path: Path) -> None:
    file = tmp_path / "users.csv"
    mark = written(tmp_path / "first.jsonl", 1)
    await imported(stack, tmp_path / "first.jsonl")
    bcrypt = "$2b$12$EXRkfkdmXn2gzds2SSitu.MW9.gAVqa9eLS1//RYtYCmB1eLHg.9q"
    lines = [f"{mark}_0,", f"{mark}_1,{bcrypt}", f"{mark}_2,!", f"{mark.upper()}_1,", "a,b,c", f"{mark}_3,$y$j9T$x"]
    lines.append(f"{mark}_4,")
    file.write_text("username,password_hash\n" + "\n".join(lines))
    status, out, err = await imported(stack, file, "--dry-run")
    assert status == 1
    assert out.splitlines()[:4] == [
        "dry run: 3 would be created, 0 skipped, 4 not, 0 left out",
        "hashes: 1 bcrypt",
        "hashes: 1 that say that nobody can sign in",
        "hashes: 1 have none: these people set a password before they can sign in",
    ]
    for told in ("user.username_taken: 1", "  2: ", "clash in the file", "  5: has the username of", "  6: ", "  7: "):
        assert told in out
    assert mark not in (out + err).lower()
    assert sorted(os.listdir(tmp_path)) == ["first.jsonl", "first.jsonl.progress", "users.csv"]
    assert await stored(stack, mark) == 1
    assert f"2 {mark}_0: " in (await imported(stack, file, "--dry-run", "--show"))[1]
