"""Reading users from files: formats, faults, batches."""

import json
from pathlib import Path
from typing import Any

import pytest

from cli.imports.row import UnreadableFile
from cli.imports.rows import MAX_BYTES, RowBatch, UserFile


def batches(folder: Path, content: str | bytes, name: str = "users.jsonl") -> list[RowBatch]:
    path = folder / name
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return [*UserFile(path).batches()]


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
    head = "Username, id ,role_ids,group_ids,accounts,disabled,name"
    line = 'ann,7,1; 2,,lark:ou_1;slack:U:2,1,"Ann, the first"'
    assert csv_row(tmp_path, head, line) == {
        "username": "ann",
        "id": 7,
        "role_ids": [1, 2],
        "accounts": [{"integration": "lark", "account": "ou_1"}, {"integration": "slack", "account": "U:2"}],
        "disabled": 1,
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
    "array", ['[{"id": 1}, {"id": 2},\n3, {"id": 4}]', '\n [\n{"id": 1},\n{\n"id": 2},3,\n{"id": 4}\n]\n']
)
def test_the_members_of_an_array_are_numbered_by_their_position(tmp_path: Path, array: str) -> None:
    (batch,) = batches(tmp_path, array, "users.json")
    assert batch.rows == [{"id": 1}, {"id": 2}, {"id": 4}]
    assert (batch.lines, [*batch.faults]) == ([1, 2, 4], [3])


def test_an_array_on_one_line_is_read_in_batches_with_different_beginnings(tmp_path: Path) -> None:
    found = batches(tmp_path, json.dumps([{"username": f"u{number}"} for number in range(1500)]), "users.json")
    assert [(batch.first, len(batch.rows)) for batch in found] == [(1, 1000), (1001, 500)]


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_lines_end_as_on_any_system(tmp_path: Path, end: str) -> None:
    lines = ["username,name", "ann,Ann", f'bob,"Bob{end}Roe"', "eve,Eve"]
    (batch,) = batches(tmp_path, "".join(f"{line}{end}" for line in lines), "users.csv")
    assert [row["name"] for row in batch.rows] == ["Ann", f"Bob{end}Roe", "Eve"]
    assert batch.faults == {}


@pytest.mark.parametrize("mark", ["\v", "\f", "\x1c", "\x85", "\u2028", "\u2029"])
def test_nothing_else_ends_a_line(tmp_path: Path, mark: str) -> None:
    assert csv_row(tmp_path, "username,name", f"ann,Ann{mark}Lee")["name"] == f"Ann{mark}Lee"


def test_an_unclosed_quote_is_a_fault_of_its_line_alone(tmp_path: Path) -> None:
    lines = [f'u{number},"Name, {number}"\n' for number in range(300)]
    lines[2] = 'u2,"Name 2\n'
    lines[299] = 'u299,"Name 299'
    (batch,) = batches(tmp_path, "username,name\n" + "".join(lines), "users.csv")
    assert ([*batch.faults], len(batch.rows)) == ([4, 301], 298)
    assert {row["name"] for row in batch.rows} == {f"Name, {n}" for n in range(300) if n not in (2, 299)}


def test_a_cell_may_hold_line_breaks(tmp_path: Path) -> None:
    content = 'username,name\r\na,"two\r\nlines, ""quoted"""\r\n\r\nb,B\r\n'
    (batch,) = batches(tmp_path, content, "users.csv")
    assert batch.rows == [{"username": "a", "name": 'two\r\nlines, "quoted"'}, {"username": "b", "name": "B"}]
    assert batch.lines == [2, 5]


@pytest.mark.parametrize(
    "row",
    [
        '{"x": ' + "[" * 200 + "]" * 200 + "}", '{"x": ' + "[" * 900 + "]" * 900 + "}",
        '{"x": "\\ud800"}', '{"x": NaN}',
        '{"x": 1e999}', '{"x": ' + "[" * 100_000 + "}", '{"x": ' + "9" * 5000 + "}", '{"x": "' + "x" * MAX_BYTES + '"}',
    ],
    ids=["200 deep", "900 deep", "half a pair", "NaN", "infinite", "100,000 deep", "5,000 digits", "too long"],
)  # fmt: skip
def test_a_row_that_no_call_can_carry_is_a_fault_of_its_own(tmp_path: Path, row: str) -> None:
    (batch,) = batches(tmp_path, f'{{"id": 1}}\n{row}\n{{"id": 3}}\n')
    assert (batch.lines, [*batch.faults]) == ([1, 3], [2])


def test_a_csv_without_names_is_refused_without_showing_the_person(tmp_path: Path) -> None:
    line = "x8sKq,ann@example.com,true,aGFzaA==,c2FsdA==,Ann,,,,,,,,,,,,,,,1700000000000,1700000000000,+8613800001114,"
    with pytest.raises(UnreadableFile, match="columns 1, 2, 3") as caught:
        batches(tmp_path, f"{line}\n{line}\n", "users.csv")
    assert not any(cell in str(caught.value).lower() for cell in line.lower().split(",") if cell and cell != "true")


@pytest.mark.parametrize(
    ("content", "file", "words"),
    [
        ("username,pasword_hash\n", "users.csv", "pasword_hash"),
        (b"username\n\xff\n", "users.csv", "line 2 is not UTF-8"),
        (b'{"username": "\xff"}\n', "users.jsonl", "line 1 is not UTF-8"),
        ("username\n", "users.txt", ".csv"),
        ('"username\na\n', "users.csv", "first line"),
        ('[{"id": 1},\n{"id": 2}', "users.json", "cut off"),
        ('{"users": [{"id": 1}]', "users.json", "cut off"),
        ('[{"id": 1}]\n{"id": 2}', "users.json", "extra data"),
        ('{\n"people": [{"id": 1}]}', "users.json", "no people in it"),
    ],
)
def test_a_file_that_cannot_be_read_says_why(tmp_path: Path, content: str | bytes, file: str, words: str) -> None:
    with pytest.raises(UnreadableFile, match=words):
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
