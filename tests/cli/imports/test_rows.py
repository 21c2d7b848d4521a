"""Reading users from files: formats, faults, batches."""

from pathlib import Path
from typing import Any

import pytest

from cli.rows import Batch, Source, Unreadable


def batches(folder: Path, content: str | bytes, name: str = "users.jsonl") -> list[Batch]:
    path = folder / name
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return [*Source(path).batches()]


def csv_row(folder: Path, head: str, line: str) -> dict[str, Any]:
    (batch,) = batches(folder, f"{head}\n{line}\n", "users.csv")
    return batch.rows[0]


def test_json_lines_are_rows_with_their_line_numbers(tmp_path: Path) -> None:
    (batch,) = batches(tmp_path, '{"username": "a"}\n\n{"username": "b", "id": 7}')
    assert batch.rows == [{"username": "a"}, {"username": "b", "id": 7}]
    assert batch.lines == [1, 3]


def test_a_line_that_is_no_object_is_a_fault_of_that_line(tmp_path: Path) -> None:
    (batch,) = batches(tmp_path, '{"username": \n[1]\n{"username": "c"}\n')
    assert batch.lines == [3]
    assert batch.faults.keys() == {1, 2}
    assert batch.first == 1


def test_csv_cells_become_the_fields_types(tmp_path: Path) -> None:
    head = "Username, id ,role_ids,group_ids,accounts,name"
    line = 'ann,7,1; 2,,lark:ou_1;slack:U:2,"Ann, the first"'
    assert csv_row(tmp_path, head, line) == {
        "username": "ann",
        "id": 7,
        "role_ids": [1, 2],
        "accounts": [{"integration": "lark", "account": "ou_1"}, {"integration": "slack", "account": "U:2"}],
        "name": "Ann, the first",
    }


def test_csv_cells_that_do_not_fit_are_left_for_the_service_to_refuse(tmp_path: Path) -> None:
    assert csv_row(tmp_path, "id,role_ids", "x7,1;b") == {"id": "x7", "role_ids": [1, "b"]}


def test_a_csv_line_with_too_many_cells_is_a_fault(tmp_path: Path) -> None:
    (batch,) = batches(tmp_path, "username\na,b\n\nc\n", "users.csv")
    assert (batch.lines, [*batch.faults]) == ([4], [2])


def test_a_byte_order_mark_is_no_part_of_the_first_name(tmp_path: Path) -> None:
    (batch,) = batches(tmp_path, b"\xef\xbb\xbfusername\nann\n", "users.csv")
    assert batch.rows == [{"username": "ann"}]


@pytest.mark.parametrize(
    ("content", "file", "words"),
    [
        ("username,pasword_hash\n", "users.csv", "pasword_hash"),
        (b"username\n\xff\n", "users.csv", "line 2 is not UTF-8"),
        (b'{"username": "\xff"}\n', "users.jsonl", "line 1 is not UTF-8"),
        ("username\n", "users.txt", ".csv"),
    ],
)
def test_a_file_that_cannot_be_read_says_why(tmp_path: Path, content: str | bytes, file: str, words: str) -> None:
    with pytest.raises(Unreadable, match=words):
        batches(tmp_path, content, file)


def test_a_batch_has_at_most_a_thousand_rows(tmp_path: Path) -> None:
    found = batches(tmp_path, "".join(f'{{"username": "u{number}"}}\n' for number in range(2500)))
    assert [len(batch.rows) for batch in found] == [1000, 1000, 500]
    assert [batch.first for batch in found] == [1, 1001, 2001]


def test_a_batch_fits_one_call(tmp_path: Path) -> None:
    found = batches(
        tmp_path, "".join(f'{{"username": "u{number}", "name": "{"名" * 1000}"}}\n' for number in range(900))
    )
    assert len(found) == 3
    assert max(batch.length for batch in found) < 1024 * 1024
    assert sum(len(batch.rows) for batch in found) == 900
    assert found[-1].end == (tmp_path / "users.jsonl").stat().st_size


def test_an_empty_file_has_no_batches(tmp_path: Path) -> None:
    assert batches(tmp_path, "") == []
    assert batches(tmp_path, "", "users.csv") == []
