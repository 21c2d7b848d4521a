#!/usr/bin/env bash
# A SCIM search for an underscore finds every user.
#
# PyPI scim2-filter-parser 0.7.0, whose conditions SQLite runs as it makes them.
# Guessed: `co`, `sw` and `ew` look for the text that they are given, as RFC 7644 has it.
# Seen: the text becomes a pattern of LIKE as it is, so that `_` and `%` in it stand for other characters. `userName co "_"` finds all
#   users, and `userName sw "a_"` those that begin with an a: names and addresses with an underscore are common.
# For a service like ours: escape what comes from a filter before it goes into LIKE or a regular expression, and test it with `_`.
set -euo pipefail
sed -n '2,/^set/s/^# \{0,1\}//p' "$0"
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
python3 -m venv venv
venv/bin/pip install -qq --disable-pip-version-check scim2-filter-parser==0.7.0
venv/bin/python <<'PYTHON'
import sqlite3

from scim2_filter_parser.queries import SQLQuery

database = sqlite3.connect(":memory:")
database.execute("create table users (name text)")
database.executemany("insert into users values (?)", [("a_li",), ("adam",), ("eve",)])


def find(text):
    query = SQLQuery(text, "users", {("userName", None, None): "name"})
    where = query.where_sql.format(**{name: f":{name}" for name in query.params_dict})
    found = [name for (name,) in database.execute(f"select name from users where {where}", query.params_dict)]
    print(f"{text}: {', '.join(found)}")
    return found


assert find('userName co "da"') == ["adam"]
assert find('userName co "_"') == ["a_li", "adam", "eve"], "the behaviour has changed"
assert find('userName sw "a_"') == ["a_li", "adam"], "the behaviour has changed"
PYTHON
