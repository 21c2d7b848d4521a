#!/usr/bin/env bash
# A SCIM patch of the given name alone takes the family name away, or not, by library and by where "name" stands.
#
# npm scim-patch 0.8.3 and scimmy 1.3.5; PyPI scim2-models 0.12.3.
# Guessed: a replace of `name` with one of its parts leaves the other parts, as RFC 7644 says in section 3.5.2.3, in both forms:
#   {"path": "name", "value": {"givenName": …}} and {"value": {"name": {"givenName": …}}}.
# Seen: scim-patch keeps the family name with a path and drops it without one; scimmy does it the other way round. scim2-models
#   keeps it in both. So no form of this patch is safe with all, and a client that was tested with one empties names in another.
# For a service like ours: send one operation for each part, with the path name.givenName; and test servers with half a name.
set -euo pipefail
sed -n '2,/^set/s/^# \{0,1\}//p' "$0"
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
python3 -m venv venv
venv/bin/pip install -qq --disable-pip-version-check scim2-models==0.12.3
npm install --loglevel error --no-audit --no-fund scim-patch@0.8.3 scimmy@1.3.5
cat > operations <<'TEXT'
{"op": "replace", "path": "name", "value": {"givenName": "Augusta"}}
{"op": "replace", "value": {"name": {"givenName": "Augusta"}}}
{"op": "replace", "path": "name.givenName", "value": "Augusta"}
TEXT
cat > patch.mjs <<'JAVASCRIPT'
import { readFileSync } from 'node:fs';
import { scimPatch } from 'scim-patch';
import SCIMMY from 'scimmy';

const user = () => ({
  schemas: ['urn:ietf:params:scim:schemas:core:2.0:User'],
  id: '1',
  userName: 'ada',
  name: { givenName: 'Ada', familyName: 'Lovelace' },
  meta: { resourceType: 'User' },
});
const message = (operation) => ({ schemas: ['urn:ietf:params:scim:api:messages:2.0:PatchOp'], Operations: [operation] });
const packages = {
  'scim-patch': async (operation) => scimPatch(user(), [operation]),
  scimmy: (operation) => new SCIMMY.Messages.PatchOp(message(operation)).apply(new SCIMMY.Schemas.User(user(), 'out')),
};
const kept = {};
for (const [name, patch] of Object.entries(packages)) {
  kept[name] = [];
  for (const line of readFileSync('operations', 'utf8').trim().split('\n')) {
    const patched = JSON.parse(JSON.stringify((await patch(JSON.parse(line))).name));
    console.log(`${name} makes ${JSON.stringify(patched)} of ${line}`);
    if (patched.givenName !== 'Augusta') throw new Error('the behaviour has changed');
    kept[name].push(patched.familyName === 'Lovelace');
  }
}
if (String(kept['scim-patch']) !== 'true,false,true') throw new Error('the behaviour has changed');
if (String(kept.scimmy) !== 'false,true,true') throw new Error('the behaviour has changed');
JAVASCRIPT
node patch.mjs
venv/bin/python <<'PYTHON'
import json

from scim2_models import Context, PatchOp, User

for line in open("operations").read().splitlines():
    user = User.model_validate({"id": "1", "userName": "ada", "name": {"givenName": "Ada", "familyName": "Lovelace"}})
    message = {"schemas": ["urn:ietf:params:scim:api:messages:2.0:PatchOp"], "Operations": [json.loads(line)]}
    PatchOp[User].model_validate(message, scim_ctx=Context.RESOURCE_PATCH_REQUEST).patch(user)
    patched = user.model_dump()["name"]
    print(f"scim2-models makes {patched} of {line}")
    assert patched == {"givenName": "Augusta", "familyName": "Lovelace"}, "the behaviour has changed"
PYTHON
