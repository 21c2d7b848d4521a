#!/usr/bin/env bash
# A SCIM filter with "or" and "and" means something else to a Python service than to a Node one.
#
# PyPI scim2-filter-parser 0.7.0; npm scim2-parse-filter 0.2.10 and scimmy 1.3.5.
# Guessed: "and" binds more tightly than "or", as RFC 7644 says in section 3.4.2.2.
# Seen: both Node packages do so. scim2-filter-parser gives both the same rank and reads from left to right: it takes
#   `a or b and c` for `(a or b) and c`, so that a user whom the first condition alone describes is not found.
# For a service like ours: put parentheses into filters that mix both, and do not count on those of others to have them.
set -euo pipefail
sed -n '2,/^set/s/^# \{0,1\}//p' "$0"
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
python3 -m venv venv
venv/bin/pip install -qq --disable-pip-version-check scim2-filter-parser==0.7.0
npm install --loglevel error --no-audit --no-fund scim2-parse-filter@0.2.10 scimmy@1.3.5
cat > filters <<'TEXT'
userName eq "ada" or title eq "clerk" and active eq true
userName eq "ada" or (title eq "clerk" and active eq true)
(userName eq "ada" or title eq "clerk") and active eq true
TEXT
venv/bin/python <<'PYTHON'
import sqlite3

from scim2_filter_parser.queries import SQLQuery

names = {(name, None, None): f"users.{name}" for name in ("userName", "title", "active")}
database = sqlite3.connect(":memory:")
database.execute("create table users (userName text, title text, active text)")
database.execute("insert into users values ('ada', 'head', 'FALSE')")
found = []
for text in open("filters").read().splitlines():
    query = SQLQuery(text, "users", names)
    where, values = query.where_sql, query.params_dict
    rows = database.execute(f"select 1 from users where {where.format(**{name: f':{name}' for name in values})}", values)
    found.append(len(rows.fetchall()))
    print(f"scim2-filter-parser finds {found[-1]} of 1: {text}")
assert found == [0, 1, 0], "the behaviour has changed"
PYTHON
cat > filters.mjs <<'JAVASCRIPT'
import { readFileSync } from 'node:fs';
import parsing from 'scim2-parse-filter';
import SCIMMY from 'scimmy';

const users = [{ userName: 'ada', title: 'head', active: false }];
const packages = {
  'scim2-parse-filter': (text) => users.filter(parsing.filter(parsing.parse(text))),
  scimmy: (text) => new SCIMMY.Types.Filter(text).match(users),
};
for (const [name, find] of Object.entries(packages)) {
  const found = readFileSync('filters', 'utf8').trim().split('\n').map((text) => find(text).length);
  console.log(`${name} finds of the same: ${found}`);
  if (String(found) !== '1,1,0') throw new Error('the behaviour has changed');
}
JAVASCRIPT
node filters.mjs
