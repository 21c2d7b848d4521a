"""`python -m worker.backup` as whoever is on call runs it."""

import os
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


def test_wrong_words_and_wrong_settings_are_status_2(tmp_path: Path) -> None:
    status, _, fault = run("restore", str(tmp_path), "--skip-ids", "-1")
    assert status == 2
    assert "--skip-ids: not a number from 0 on: -1" in fault
    status, _, fault = run("dump", str(tmp_path), USERBUS_SECRET_KEY="short")
    assert status == 2
    assert fault.startswith("worker: USERBUS_SECRET_KEY: use at least 32 characters")
