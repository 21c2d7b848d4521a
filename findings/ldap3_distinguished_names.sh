#!/usr/bin/env bash
# ldap3 refuses some right distinguished names, one of its own among them, and turns others into those of other entries.
#
# PyPI ldap3 2.9.1; npm ldapts 8.2.0.
# Guessed: parse_dn takes what escape_rdn returns, both parse_dn and safe_dn take all that RFC 4514 has, and ldapts writes no other form.
# Seen: escape_rdn leaves the number sign of "C# Team" as it is, as the RFC has it, and parse_dn raises LDAPInvalidDnError. An attribute
#   by number (2.5.4.3=Ada) is refused by both. A value in hexadecimal, CN=#0C03416461 for Ada, becomes CN=\#0C03416461, and the
#   quotation marks in which ldapts puts a space at the end of a name (CN="Team ") become a part of it, without an error. The methods of
#   ldap3's Connection pass each name through safe_dn, so that they look for an entry that is not there.
# For a service like ours: keep the names of entries as the directory gave them, switch check_names off, and escape with \23 and \20.
set -euo pipefail
sed -n '2,/^set/s/^# \{0,1\}//p' "$0"
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
python3 -m venv venv
venv/bin/pip install -qq --disable-pip-version-check ldap3==2.9.1
npm install --loglevel error --no-audit --no-fund ldapts@8.2.0
cat > name.mjs <<'JAVASCRIPT'
import { DN } from 'ldapts';

console.log(new DN().addRDN({ CN: 'Team ' }).toString());
JAVASCRIPT
node name.mjs > name
venv/bin/python <<'PYTHON'
from ldap3.core.exceptions import LDAPInvalidDnError
from ldap3.utils.dn import escape_rdn, parse_dn, safe_dn


def said(function, name):
    try:
        found = function(name)
    except LDAPInvalidDnError as error:
        print(f"{function.__name__} refuses {name}: {error}")
        return None
    print(f"{function.__name__} makes {found} of {name}")
    return found


own, quoted = f"CN={escape_rdn('C# Team')}", open("name").read().strip()
print(f"escape_rdn writes {own}, ldapts writes {quoted}")
assert (own, quoted) == ("CN=C# Team", 'CN="Team "'), "the behaviour has changed"
names = [own, "2.5.4.3=Ada", "CN=#0C03416461", quoted]
assert [said(parse_dn, name) for name in names] == [None] * 4, "the behaviour has changed"
safe = [r"CN=C\# Team", None, r"CN=\#0C03416461", r"CN=\"Team \""]
assert [said(safe_dn, name) for name in names] == safe, "the behaviour has changed"
for name in (r"CN=C\23 Team", r"CN=Team\20"):
    assert said(parse_dn, name) and said(safe_dn, name) == name, "the behaviour has changed"
PYTHON
