"""Marks and dates of other systems: what is verified, and what is no date at all."""

from pathlib import Path
from typing import Any

from tests.cli.imports.test_systems import NEW_YEAR, read, shaping_of, values, write


def test_a_telephone_of_supertokens_brings_its_time_and_its_mark(tmp_path: Path) -> None:
    method = {"recipeId": "passwordless", "phoneNumber": "+8613800001114", "timeJoinedInMSSinceEpoch": 1704067200000}
    people = {"users": [{"loginMethods": [method | {"isVerified": True}]}, {"loginMethods": [method]}]}
    rows = read(write(tmp_path, "bulk.json", people), shaping_of("supertokens")).rows
    assert values(rows, "telephone", "telephone_verified", "email_verified", "created_at") == [
        ("+8613800001114", 1, None, NEW_YEAR),
        ("+8613800001114", None, None, NEW_YEAR),
    ]


def test_only_the_address_that_comes_is_verified_by_kratos(tmp_path: Path) -> None:
    def person(email: str, verified: str) -> dict[str, Any]:
        address = {"via": "email", "value": verified, "verified": True}
        return {"traits": {"email": email}, "verifiable_addresses": [address]}

    people = [person("Ann@x.cn", "ann@x.cn"), person("bob@x.cn", "bob@old.cn")]
    rows = read(write(tmp_path, "identities.json", people), shaping_of("kratos")).rows
    assert values(rows, "email", "email_verified") == [("Ann@x.cn", 1), ("bob@x.cn", None)]


def test_a_date_of_mysql_that_is_none_is_no_mark(tmp_path: Path) -> None:
    none = "'0000-00-00 00:00:00'"
    sql = f"INSERT INTO users (email, email_verified_at, deleted_at) VALUES ('a@x.cn', {none}, {none});\n"
    batch = read(write(tmp_path, "users.sql", sql), shaping_of("laravel"))
    assert (batch.rows, batch.left_out) == ([{"email": "a@x.cn"}], {})


def test_a_ban_that_has_ended_is_none(tmp_path: Path) -> None:
    lines = [
        "id,email,banned_until,deleted_at",
        ",a@x.cn,2020-01-01 00:00:00+00,",
        ",b@x.cn,2999-01-01 00:00:00+00,",
        ",c@x.cn,,",
    ]
    batch = read(write(tmp_path, "users.csv", "\n".join([*lines, ",d@x.cn,,2020-01-01"])), shaping_of("supabase"))
    assert values(batch.rows, "email", "disabled") == [("a@x.cn", None), ("b@x.cn", 1), ("c@x.cn", None)]
    assert batch.left_out == {5: "deleted there"}
