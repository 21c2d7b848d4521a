"""The progress of an import: what survives a stop, and when it is no longer valid."""

import json
import os
from pathlib import Path

import pytest

from cli.imports.progress import FileChanged, ImportProgress

ROWS = [{"username": "ann"}]
WHY = {"code": "user.username_taken", "message": "taken"}


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "users.jsonl"
    path.write_text("some rows")
    return path


def test_finished_batches_are_known_again(file: Path) -> None:
    ImportProgress(file, "fail").record(1, 999, 0, {7: WHY})
    again = ImportProgress(file, "fail")
    assert again.is_finished(1)
    assert not again.is_finished(1001)
    assert (again.totals.created, again.totals.failed) == (999, {7: WHY})


def test_a_batch_has_the_same_message_id_on_every_try(file: Path) -> None:
    first = ImportProgress(file, "fail").message_id(1, ROWS)
    assert ImportProgress(file, "fail").message_id(1, ROWS) == first
    assert ImportProgress(file, "fail").message_id(2, ROWS) != first
    assert ImportProgress(file, "fail").message_id(1, [*ROWS, *ROWS]) != first


def test_starting_over_forgets_and_takes_new_ids(file: Path) -> None:
    progress = ImportProgress(file, "fail")
    progress.record(1, 1000, 0, {})
    over = ImportProgress(file, "fail", again=True)
    assert not over.is_finished(1)
    assert over.totals.created == 0
    assert over.message_id(1, ROWS) != progress.message_id(1, ROWS)
    assert ImportProgress(file, "fail").message_id(1, ROWS) == over.message_id(1, ROWS)


def test_another_file_or_option_is_not_gone_on_with(file: Path) -> None:
    ImportProgress(file, "fail")
    with pytest.raises(FileChanged):
        ImportProgress(file, "skip")
    file.write_text("other rows")
    with pytest.raises(FileChanged):
        ImportProgress(file, "fail")


def test_half_a_line_from_a_crash_is_dropped(file: Path) -> None:
    ImportProgress(file, "fail").record(1, 1000, 0, {})
    path = file.with_name("users.jsonl.progress")
    path.write_text(path.read_text() + '{"first": 1001, "crea')
    progress = ImportProgress(file, "fail")
    assert (progress.is_finished(1), progress.is_finished(1001)) == (True, False)
    progress.record(1001, 5, 0, {})
    assert ImportProgress(file, "fail").totals.created == 1005


def test_the_report_lists_failed_rows_by_line(file: Path) -> None:
    progress = ImportProgress(file, "fail")
    progress.record(1001, 0, 0, {1002: WHY})
    progress.record(1, 0, 0, {7: WHY})
    path = progress.write_report({})
    assert path is not None
    assert [json.loads(line) for line in path.read_text().splitlines()] == [{"line": n, **WHY} for n in (7, 1002)]


def test_without_failed_rows_there_is_no_report(file: Path) -> None:
    assert ImportProgress(file, "fail").write_report({}) is None


def test_progress_is_for_its_owner_alone_as_rows_that_failed_are_named_in_it(file: Path) -> None:
    before = os.umask(0)
    try:
        for again in (False, True):
            ImportProgress(file, "fail", again).record(1, 0, 0, {1: WHY})
            assert file.with_name("users.jsonl.progress").stat().st_mode & 0o777 == 0o600
    finally:
        os.umask(before)


def test_a_line_that_is_cut_off_within_a_letter_is_dropped(file: Path) -> None:
    why = WHY | {"message": "already there…"}
    ImportProgress(file, "fail").record(1, 999, 0, {7: why})
    path = file.with_name("users.jsonl.progress")
    whole = path.read_bytes()
    path.write_bytes(whole + '{"message": "…'.encode()[:-1])
    again = ImportProgress(file, "fail")
    assert (again.is_finished(1), again.totals.failed, path.read_bytes()) == (True, {7: why}, whole)
