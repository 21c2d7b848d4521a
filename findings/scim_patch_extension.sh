#!/usr/bin/env bash
# scim-patch writes a user's department to an attribute that nobody reads.
#
# npm scim-patch 0.8.3 and scimmy 1.3.5, the enterprise extension of RFC 7643.
# Guessed: the department changes, whether the patch names the attribute, the extension, or has the extension in its value.
# Seen: scim-patch changes it when the path ends with ":department". When the whole extension is the path, or a key of the value, it
#   takes the point in "2.0" for the end of an attribute's name: the department stays, and the user gets a new attribute
#   "urn:…:enterprise:2.0" with {"User": {"department": …}}, without an error. scimmy changes the department in all three forms.
# For a service like ours: patch extensions attribute by attribute, and read back what a patch was to change.
set -euo pipefail
sed -n '2,/^set/s/^# \{0,1\}//p' "$0"
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
npm install --loglevel error --no-audit --no-fund scim-patch@0.8.3 scimmy@1.3.5
cat > patch.mjs <<'JAVASCRIPT'
import assert from 'node:assert';
import { scimPatch } from 'scim-patch';
import SCIMMY from 'scimmy';

const core = 'urn:ietf:params:scim:schemas:core:2.0:User';
const enterprise = 'urn:ietf:params:scim:schemas:extension:enterprise:2.0:User';
const operations = [
  { op: 'replace', path: `${enterprise}:department`, value: 'Sales' },
  { op: 'replace', path: enterprise, value: { department: 'Sales' } },
  { op: 'add', value: { [enterprise]: { department: 'Sales' } } },
];
const user = () => ({
  schemas: [core, enterprise],
  id: '1',
  userName: 'ada',
  meta: { resourceType: 'User' },
  [enterprise]: { department: 'Stores', costCenter: '7' },
});
const message = (operation) => ({ schemas: ['urn:ietf:params:scim:api:messages:2.0:PatchOp'], Operations: [operation] });
SCIMMY.Schemas.User.extend(SCIMMY.Schemas.EnterpriseUser, false);
const packages = {
  'scim-patch': async (operation) => scimPatch(user(), [operation]),
  scimmy: (operation) => new SCIMMY.Messages.PatchOp(message(operation)).apply(new SCIMMY.Schemas.User(user(), 'out')),
};
const departments = {};
const beside = [];
for (const [name, patch] of Object.entries(packages)) {
  departments[name] = [];
  for (const operation of operations) {
    const patched = JSON.parse(JSON.stringify(await patch(structuredClone(operation))));
    departments[name].push(patched[enterprise].department);
    beside.push(...Object.keys(patched).filter((key) => key.endsWith(':2.0')));
    console.log(`${name}: ${JSON.stringify(operation)}\n  leaves ${patched[enterprise].department}`);
  }
}
console.log(`scim-patch adds: ${beside.join(', ')}`);
assert.deepStrictEqual(departments, {
  'scim-patch': ['Sales', 'Stores', 'Stores'],
  scimmy: ['Sales', 'Sales', 'Sales'],
}, 'the behaviour has changed');
assert.deepStrictEqual(beside, Array(2).fill('urn:ietf:params:scim:schemas:extension:enterprise:2.0'), 'the behaviour has changed');
JAVASCRIPT
node patch.mjs
