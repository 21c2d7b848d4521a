"""The progress of an import: what is known after a stop, and when it no longer holds."""

import json
from pathlib import Path

import pytest

from cli.ledger import Changed, Ledger

ROWS = [{"username": "ann"}]
WHY = {"code": "user.username_taken", "message": "taken"}


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "users.jsonl"
    path.write_text("some rows")
    return path


def test_finished_batches_are_known_again(file: Path) -> None:
    Ledger(file, "fail").record(1, 999, 0, {7: WHY})
    again = Ledger(file, "fail")
    assert again.knows(1)
    assert not again.knows(1001)
    assert (again.totals.created, again.totals.failed) == (999, {7: WHY})


def test_a_batch_has_the_same_message_id_on_every_try(file: Path) -> None:
    first = Ledger(file, "fail").message_id(1, ROWS)
    assert Ledger(file, "fail").message_id(1, ROWS) == first
    assert Ledger(file, "fail").message_id(2, ROWS) != first
    assert Ledger(file, "fail").message_id(1, [*ROWS, *ROWS]) != first


def test_starting_over_forgets_and_takes_new_ids(file: Path) -> None:
    ledger = Ledger(file, "fail")
    ledger.record(1, 1000, 0, {})
    over = Ledger(file, "fail", again=True)
    assert not over.knows(1)
    assert over.totals.created == 0
    assert over.message_id(1, ROWS) != ledger.message_id(1, ROWS)
    assert Ledger(file, "fail").message_id(1, ROWS) == over.message_id(1, ROWS)


def test_another_file_or_option_is_not_gone_on_with(file: Path) -> None:
    Ledger(file, "fail")
    with pytest.raises(Changed):
        Ledger(file, "skip")
    file.write_text("other rows")
    with pytest.raises(Changed):
        Ledger(file, "fail")


def test_half_a_line_from_a_crash_is_dropped(file: Path) -> None:
    Ledger(file, "fail").record(1, 1000, 0, {})
    progress = file.with_name("users.jsonl.progress")
    progress.write_text(progress.read_text() + '{"first": 1001, "crea')
    ledger = Ledger(file, "fail")
    assert (ledger.knows(1), ledger.knows(1001)) == (True, False)
    ledger.record(1001, 5, 0, {})
    assert Ledger(file, "fail").totals.created == 1005


def test_the_report_lists_failed_rows_by_line(file: Path) -> None:
    ledger = Ledger(file, "fail")
    ledger.record(1001, 0, 0, {1002: WHY})
    ledger.record(1, 0, 0, {7: WHY})
    path = ledger.report()
    assert path is not None
    assert [json.loads(line) for line in path.read_text().splitlines()] == [{"line": n, **WHY} for n in (7, 1002)]


def test_without_failed_rows_there_is_no_report(file: Path) -> None:
    assert Ledger(file, "fail").report() is None
