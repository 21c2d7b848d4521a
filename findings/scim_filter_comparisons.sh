#!/usr/bin/env bash
# Two SCIM libraries for Node find different users by the same filters: later times, absent values, truth as text.
#
# npm scim2-parse-filter 0.2.10 and scimmy 1.3.5.
# Guessed: times are compared as moments, whatever their offset; `ne` finds who has no value; true is not "true"; and userName is compared
#   without regard to case, as its schema in RFC 7643 says (caseExact false).
# Seen: scim2-parse-filter compares times as texts, so that 16:00+08:00 is after 09:00Z, and its `ne` passes over users without the
#   attribute. scimmy compares moments and finds these users, but takes "true" for true. Both find no bjensen under BJENSEN.
# For a service like ours: one fixture of filters, run against every client and server of a system, tells more than the RFC does.
set -euo pipefail
sed -n '2,/^set/s/^# \{0,1\}//p' "$0"
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
npm install --loglevel error --no-audit --no-fund scim2-parse-filter@0.2.10 scimmy@1.3.5
cat > filters.mjs <<'JAVASCRIPT'
import parsing from 'scim2-parse-filter';
import SCIMMY from 'scimmy';

const users = [{ userName: 'bjensen', active: true, meta: { lastModified: '2026-01-31T16:00:00+08:00' } }];
const expected = {
  'meta.lastModified lt "2026-01-31T09:00:00Z"': [0, 1],
  'title ne "clerk"': [0, 1],
  'active eq "true"': [0, 1],
  'userName eq "BJENSEN"': [0, 0],
  'userName eq "bjensen"': [1, 1],
};
for (const [text, counts] of Object.entries(expected)) {
  const found = [users.filter(parsing.filter(parsing.parse(text))).length, new SCIMMY.Types.Filter(text).match(users).length];
  console.log(`${text}: scim2-parse-filter finds ${found[0]}, scimmy ${found[1]}`);
  if (String(found) !== String(counts)) throw new Error('the behaviour has changed');
}
JAVASCRIPT
node filters.mjs
