#!/usr/bin/env bash
# One key of a new kind in a JWK set takes away all of its keys in three of six libraries.
#
# PyPI authlib 1.9.10, joserfc 1.8.0, jwcrypto 1.6.1 and pyjwt 2.15.1; npm node-jose 2.2.0 and jose 6.2.18.
# Guessed: a key that a library does not know is passed over and the others are used, as RFC 7517 says in section 5.
# Seen: beside a P-256 key, one of the type AKP (ML-DSA, against quantum computers) makes authlib raise KeyError: 'AKP' and node-jose
#   "unsupported key type"; the curve BP-256 makes joserfc raise KeyError: 'BP-256', no error of its own; X25519, a key for
#   encryption, is too much for node-jose. PyJWT, jwcrypto and jose go on with the key that they know.
# For a service like ours: who publishes keys adds one of a new kind under another address first; who reads them imports them one by one.
set -euo pipefail
sed -n '2,/^set/s/^# \{0,1\}//p' "$0"
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
python3 -m venv venv
venv/bin/pip install -qq --disable-pip-version-check authlib==1.9.10 joserfc==1.8.0 jwcrypto==1.6.1 'pyjwt[crypto]==2.15.1'
npm install --loglevel error --no-audit --no-fund node-jose@2.2.0 jose@6.2.18
venv/bin/python -W ignore <<'PYTHON'
import json
from base64 import urlsafe_b64encode

import jwt
from authlib.jose import JsonWebKey
from cryptography.hazmat.primitives.asymmetric import ec
from joserfc.jwk import KeySet
from jwcrypto import jwk


def text(raw):
    return urlsafe_b64encode(raw).rstrip(b"=").decode()


def point(number):
    return text(number.to_bytes(32, "big"))


known = json.loads(jwk.JWK.generate(kty="EC", crv="P-256", kid="known", use="sig", alg="ES256").export_public())
brainpool = ec.generate_private_key(ec.BrainpoolP256R1()).public_key().public_numbers()
new = {
    "AKP": {"kty": "AKP", "alg": "ML-DSA-44", "kid": "new", "pub": text(bytes(1312))},
    "BP-256": {"kty": "EC", "crv": "BP-256", "kid": "new", "x": point(brainpool.x), "y": point(brainpool.y)},
    "X25519": {**json.loads(jwk.JWK.generate(kty="OKP", crv="X25519").export_public()), "kid": "new", "use": "enc"},
}
sets = {kind: {"keys": [known, key]} for kind, key in new.items()}
json.dump(sets, open("sets", "w"))
libraries = {
    "authlib": lambda keys: JsonWebKey.import_key_set(keys).find_by_kid("known"),
    "joserfc": lambda keys: KeySet.import_key_set(keys).get_by_kid("known"),
    "jwcrypto": lambda keys: jwk.JWKSet.from_json(json.dumps(keys)).get_key("known"),
    "pyjwt": lambda keys: jwt.PyJWKSet.from_dict(keys)["known"],
}
lost = set()
for library, find in libraries.items():
    for kind, keys in sets.items():
        try:
            found = "finds the known key" if find(keys) else "finds nothing"
        except Exception as error:
            found = f"raises {type(error).__name__}: {error}"
            lost.add((library, kind, type(error)))
        print(f"{library} {found} beside {kind}")
assert lost == {("authlib", "AKP", KeyError), ("joserfc", "BP-256", KeyError)}, "the behaviour has changed"
PYTHON
cat > read.mjs <<'JAVASCRIPT'
import { readFileSync } from 'node:fs';
import { createLocalJWKSet } from 'jose';
import nodeJose from 'node-jose';

const libraries = {
  'node-jose': async (keys) => (await nodeJose.JWK.asKeyStore(keys)).get('known'),
  jose: async (keys) => createLocalJWKSet(keys)({ alg: 'ES256', kid: 'known' }),
};
const lost = [];
for (const [library, find] of Object.entries(libraries)) {
  for (const [kind, keys] of Object.entries(JSON.parse(readFileSync('sets', 'utf8')))) {
    const found = await find(keys).then(() => 'finds the known key', (error) => {
      lost.push(`${library} ${kind}`);
      return `raises ${error.name}: ${error.message}`;
    });
    console.log(`${library} ${found} beside ${kind}`);
  }
}
if (String(lost) !== 'node-jose AKP,node-jose X25519') throw new Error('the behaviour has changed');
JAVASCRIPT
node read.mjs
