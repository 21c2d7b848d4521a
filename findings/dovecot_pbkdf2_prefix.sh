#!/usr/bin/env bash
# Dovecot's {PBKDF2} hashes pass libpass's identify() as another server's form, and verify() then raises.
#
# dovecot-core 2.3.19.1 of Debian 12; PyPI libpass 1.9.4.
# Guessed: libpass has no scheme for Dovecot's form, so no scheme identifies it.
# Seen: ldap_pbkdf2_sha1, meant for OpenLDAP's {PBKDF2}rounds$salt$hash, says True to Dovecot's {PBKDF2}$1$salt$rounds$hex;
#   verify() with the right password raises ValueError: malformed pbkdf2_sha1 hash.
# For a service like ours: decide at import by parsing a hash in full; identify() looks at the prefix only.
set -euo pipefail
sed -n '2,/^set/s/^# \{0,1\}//p' "$0"
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
python3 -m venv venv
venv/bin/pip install -qq --disable-pip-version-check libpass==1.9.4
# Debian's packages, unpacked into the temporary folder; doveadm runs from there.
apt-get -qq download dovecot-core=1:2.3.19.1+dfsg1-2.1+deb12u6 libsodium23=1.0.18-1+deb12u1 libunwind8=1.6.2-3 \
  2> apt.log || { cat apt.log; exit 1; }
for package in *.deb; do dpkg-deb -x "$package" unpacked; done
libraries=$(find "$work/unpacked" -name libsodium.so.23 -printf '%h')
hash=$(LD_LIBRARY_PATH=$work/unpacked/usr/lib/dovecot:$libraries unpacked/usr/bin/doveadm -O pw -s PBKDF2 -p 'correct horse')
venv/bin/python - "$hash" <<'PYTHON'
import sys

from passlib.hash import ldap_pbkdf2_sha1

dovecot = sys.argv[1]
openldap = ldap_pbkdf2_sha1.using(rounds=5000).hash("correct horse")
seen = []
for name, hashed in (("Dovecot", dovecot), ("libpass", openldap)):
    try:
        verified = ldap_pbkdf2_sha1.verify("correct horse", hashed)
    except ValueError as error:
        verified = f"ValueError: {error}"
    seen.append((ldap_pbkdf2_sha1.identify(hashed), verified))
    print(f"{name}: {hashed[:24]}... identified: {seen[-1][0]}, verified: {verified}")
assert dovecot.startswith("{PBKDF2}$1$") and openldap.startswith("{PBKDF2}5000$"), "the behaviour has changed"
assert seen == [(True, "ValueError: malformed pbkdf2_sha1 hash"), (True, True)], "the behaviour has changed"
PYTHON
