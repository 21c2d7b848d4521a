"""The numbers by which people of a file are told of: each has one of its own, counted among the people."""

from pathlib import Path

from cli.imports.rows import MAX_ROWS, UserFile
from tests.cli.imports.test_systems import read, shaping_of, write


def test_records_that_are_no_people_do_not_count(tmp_path: Path) -> None:
    export = {"organizations": [{"name": "acme"}, {"name": "sales"}], "users": [{"name": "ann"}, {"name": "bob"}]}
    assert read(write(tmp_path, "init_data.json", export), shaping_of("casdoor")).lines == [1, 2]


def test_people_of_two_tables_have_no_number_in_common(tmp_path: Path) -> None:
    rows = ",".join(f"('{{}}{number}')" for number in range(MAX_ROWS))
    tables = ((name, rows.replace("{}", name)) for name in ("blog", "shop"))
    sql = "".join(f"INSERT INTO {name}_users (user_login) VALUES {values};\n" for name, values in tables)
    first, second = UserFile(write(tmp_path, "all.sql", sql), shaping_of("wordpress")).batches()
    assert first.lines == [*range(1, MAX_ROWS + 1)]
    assert (second.first, len(second.rows)) == (MAX_ROWS + 1, MAX_ROWS)
