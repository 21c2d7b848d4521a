"""Forms of files: packed, encoded, documents and dumps; and what is wrong with them."""

import codecs
import gzip
import json
from pathlib import Path
from typing import Any

import pytest

from cli.imports.content import LONGEST, PIECE
from cli.imports.row import UnreadableFile
from cli.imports.rows import RowBatch, UserFile
from cli.imports.shaping import Shaping
from cli.imports.system_modules import find_system

PEOPLE: list[dict[str, Any]] = [{"username": f"u{number}", "name": 'a "b" [{,\\'} for number in range(3)]


def read(folder: Path, name: str, content: str | bytes, shaping: Shaping | None = None) -> RowBatch:
    path = folder / name
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    file = UserFile(path, shaping)
    file.check()
    batches = [*file.batches()]
    assert len(batches) == 1
    return batches[0]


@pytest.mark.parametrize("indent", [None, 2])
def test_people_in_an_object_are_read_by_their_positions(tmp_path: Path, indent: int | None) -> None:
    document = {
        "version": {"users": ["no", {"people": []}]},
        "users": PEOPLE,
        "groups": [[1, [2]]],
        "more": {"a": [{}]},
    }
    batch = read(tmp_path, "users.json", json.dumps(document, indent=indent))
    assert (batch.rows, batch.lines) == (PEOPLE, [1, 2, 3])


def test_a_document_longer_than_a_piece_is_read_whole(tmp_path: Path) -> None:
    people = [{"username": f"u{number}", "name": '名\\"' * 3000} for number in range(100)]
    (tmp_path / "users.json").write_text(json.dumps({"users": people}, ensure_ascii=False))
    assert (tmp_path / "users.json").stat().st_size > 3 * PIECE
    rows = [row for batch in UserFile(tmp_path / "users.json").batches() for row in batch.rows]
    assert rows == people


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16"])
@pytest.mark.parametrize("packed", [False, True])
def test_marks_of_encodings_and_gzip_are_read(tmp_path: Path, encoding: str, packed: bool) -> None:
    content = "username,name\r\nann,王\r\n".encode(encoding)
    name = "USERS.CSV.GZ" if packed else "users.csv"
    batch = read(tmp_path, name, gzip.compress(content) if packed else content)
    assert batch.rows == [{"username": "ann", "name": "王"}]


def test_records_that_no_parser_takes_fail_alone(tmp_path: Path) -> None:
    members = ['{"id": 1}', '{"id": ' + "9" * 5000 + "}", "[" * 10_000 + "]" * 10_000, '{"id": nonsense}', '{"id": 2}']
    batch = read(tmp_path, "users.json", f"[{', '.join(members)}]")
    assert (batch.lines, [*batch.faults]) == ([1, 5], [2, 3, 4])


@pytest.mark.parametrize(
    ("name", "content", "words"),
    [
        ("users.jsonl.gz", gzip.compress(b'{"username": "ann"}\n' * 9000)[:-200], "cut off"),
        ("users.jsonl", b'{"username": "a"}\n{"username": "\xff"}\n', "line 2 is not UTF-8"),
        ("users.json", b'[{"username": "a"},\n{"username": "\xe7"}]', "line 2 is not UTF-8"),
        ("users.csv", codecs.BOM_UTF16_LE + "username\nann".encode("utf-16-le")[:-1], "not UTF-8"),
        ("users.jsonl", b'{"username": "' + b"x" * (LONGEST + PIECE), "line 1 is longer"),
        ("users.json", b'[{"username": "' + b"x" * (LONGEST + PIECE), "longer than"),
        ("users.csv", b"username,name,username\na,b,c\n", r"twice: columns 1 \(username\), 3"),
        ("users.json", b"]", "no people|closing"),
        ("users.sql", b"INSERT", "--from"),
    ],
    ids=["gzip", "line", "array", "utf-16", "long line", "long record", "columns", "bracket", "sql"],
)  # fmt: skip
def test_what_cannot_be_read_is_told_before_anything_is_sent(
    tmp_path: Path, name: str, content: bytes, words: str
) -> None:
    path = tmp_path / name
    path.write_bytes(content)
    with pytest.raises(UnreadableFile, match=words):
        UserFile(path).check()


def test_a_file_that_changes_while_it_is_read_is_told(tmp_path: Path) -> None:
    path = tmp_path / "users.jsonl"
    path.write_text('{"username": "ann"}\n' * 20_000)
    batches = UserFile(path).batches()
    next(batches)
    path.write_text('{"username": "bob"}\n' * 20_001)
    with pytest.raises(UnreadableFile, match="has changed"):
        list(batches)


def test_rows_of_another_length_are_told(tmp_path: Path) -> None:
    batch = read(tmp_path, "users.csv", "username,name\na\nb,B\nc,C,d\n")
    assert (batch.lines, [*batch.faults]) == ([3], [2, 4])
    assert "1 cells, the first line 2" in batch.faults[2]


@pytest.mark.parametrize("number", ["1.38E+10", '""""""', "n/a"])
def test_what_a_spreadsheet_made_of_a_telephone_is_told(tmp_path: Path, number: str) -> None:
    batch = read(tmp_path, "users.csv", f"username,telephone\nann,{number}\nbob,\n")
    assert (batch.rows, [*batch.faults]) == ([{"username": "bob"}], [2])
    assert "telephone: not a telephone number" in batch.faults[2]


def test_columns_are_renamed_left_out_and_set(tmp_path: Path) -> None:
    shaping = Shaping(renamed={"E-Mail": "email", "Age": ""}, fixed={"company": "Acme", "name": ""})
    batch = read(tmp_path, "users.tsv", "E-Mail\tage\tname\nann@example.com\t7\tAnn\n", shaping)
    assert batch.rows == [{"email": "ann@example.com", "company": "Acme"}]


DUMP = r"""-- MySQL dump
/*!40101 SET NAMES utf8 */;
CREATE TABLE `users` (
  `id` int(10) unsigned NOT NULL AUTO_INCREMENT COMMENT 'a key, (x)',
  `name` varchar(50) NOT NULL DEFAULT '' COMMENT '姓名',
  `email` varchar(9) DEFAULT NULL,
  PRIMARY KEY (`id`)
) ENGINE=InnoDB;
INSERT INTO `users` VALUES (1,'it\'s; (a)','a@x.cn'),(2,'two''\\lines
here',NULL),(3,_binary 'C','c@x.cn');
INSERT INTO `other` (`id`) VALUES (1);
INSERT INTO users (ID, Name) VALUES (4, 'D'), (5) ON CONFLICT(id, name) DO NOTHING;
COPY public.users (id, "name", email) FROM stdin;
6	a\tb	\N
7
\.
"""


def test_rows_of_dumps_are_read_by_their_positions_in_their_tables(tmp_path: Path) -> None:
    batch = read(tmp_path, "dump.sql", DUMP, Shaping(find_system("laravel")))
    assert [row["name"] for row in batch.rows] == ["it's; (a)", "two'\\lines\nhere", "C", "D", "a\tb"]
    assert [row.get("email") for row in batch.rows] == ["a@x.cn", None, "c@x.cn", None, None]
    assert (batch.lines, [*batch.faults]) == ([1, 2, 3, 4, 6], [5, 7])


def test_quotation_marks_mean_nothing_in_copied_cells(tmp_path: Path) -> None:
    copied = "COPY users (id, name) FROM stdin;\n1\tC:\\\\ ''x''\n\\.\n"
    batch = read(tmp_path, "dump.sql", copied, Shaping(find_system("laravel")))
    assert [row["name"] for row in batch.rows] == ["C:\\ ''x''"]


def test_quotation_marks_mean_nothing_in_what_mysql_prints(tmp_path: Path) -> None:
    names = ['"Ace', "Bob", 'Joe 6"', '"Eve" Adams', r"C:\\n\tx"]
    lines = ["user_login\tdisplay_name", *(f"user_{number}\t{name}" for number, name in enumerate(names))]
    batch = read(tmp_path, "users.tsv", "\n".join(lines), Shaping(find_system("wordpress")))
    assert [row["name"] for row in batch.rows] == [*names[:4], "C:\\n\tx"]
    assert batch.faults == {}


@pytest.mark.parametrize("cut", ["COPY public.users (id) FROM stdin;\n1\n", "INSERT INTO `users` VALUES (1,'a"])
def test_a_dump_that_is_cut_off_is_told(tmp_path: Path, cut: str) -> None:
    path = tmp_path / "dump.sql"
    path.write_text(cut)
    with pytest.raises(UnreadableFile, match=r"cut off|not closed"):
        UserFile(path, Shaping(find_system("laravel"))).check()
