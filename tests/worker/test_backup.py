"""`python -m worker.backup` as whoever is on call runs it."""

import os
import signal
import socket
import subprocess
import sys
from pathlib import Path

from tests.support.forked_programs import run_program
from tests.support.stack import SECRET


def run(*words: str, **settings: str) -> tuple[int, str, str]:
    env = {"PATH": os.environ["PATH"], "USERBUS_SECRET_KEY": SECRET, **settings}
    return run_program(["worker.backup", *words], env)


def test_what_cannot_be_restored_is_one_sentence_and_status_1(tmp_path: Path) -> None:
    status, told, fault = run("restore", str(tmp_path))
    assert (status, told) == (1, "")
    assert fault == f"backup: {tmp_path} is no complete dump: userbus.json, which is written last, is not there\n"


def test_a_file_is_no_dump(tmp_path: Path) -> None:
    (tmp_path / "users.bson").write_text("")
    status, told, fault = run("restore", str(tmp_path / "users.bson"))
    assert (status, told) == (1, "")
    assert fault.startswith(f"backup: {tmp_path}/users.bson/userbus.json cannot be read: Not a directory; ")


def test_ctrl_c_is_one_sentence_and_status_130(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        url = f"mongodb://127.0.0.1:{silent.getsockname()[1]}/userbus"
        env = {"PATH": os.environ["PATH"], "USERBUS_SECRET_KEY": SECRET, "USERBUS_MONGO_URL": url}
        words = [sys.executable, "-m", "worker.backup", "dump", str(tmp_path / "dump")]
        program = subprocess.Popen(words, env=env, stderr=subprocess.PIPE, text=True)
        with program, silent.accept()[0]:  # it waits for an answer now
            program.send_signal(signal.SIGINT)
            _, fault = program.communicate()
    assert program.returncode == 130
    assert fault == f"backup: interrupted; {tmp_path}/dump, if it is there, is no whole dump: delete it\n"


def test_wrong_words_and_wrong_settings_are_status_2(tmp_path: Path) -> None:
    status, _, fault = run("restore", str(tmp_path), "--skip-ids", "-1")
    assert status == 2
    assert "--skip-ids: not a number from 0 on: -1" in fault
    status, _, fault = run("dump", str(tmp_path), USERBUS_SECRET_KEY="short")
    assert status == 2
    assert fault.startswith("worker: USERBUS_SECRET_KEY: use at least 32 characters")
