"""Make tests/samples/hashes.json anew: password hashes by the programs that other systems use.

Needs network, Node, and Debian's php-cli, slapd, slapd-contrib and whois: python -m tests.support.make_hashes
"""

import json
import subprocess
import sys
import unicodedata
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

HERE = Path(__file__).parent / "hash_writers"
SAMPLES = HERE.parents[1] / "samples" / "hashes.json"
LONG = "白日依山尽黄河入海流欲穷千里目更上一层楼床前明月光疑是地上霜举头"[:32]
PASSWORDS = ["correct horse battery", LONG, unicodedata.normalize("NFD", "Ångström ê Łódź"), " blanks around\t"]
FIREBASE = {  # the project parameters of the example that Firebase publishes
    "base64_signer_key": "jxspr8Ki0RYycVU8zykbdLGjFQ3McFUH0uiiTvC8pVMXAn210wjLNmdZJzxUECKbm0QsEmYUSDzZvpjeJ9WmXA==",
    "base64_salt_separator": "Bw==",
    "rounds": 8,
    "mem_cost": 14,
}
PUBLISHED = {
    "scheme": "firebase_scrypt",
    "password": "user1password",
    "hash": json.dumps(
        {
            "passwordHash": "lSrfV15cpx95/sZS2W9c9Kp6i/LVgQNDNC/qzrCnh1SAyZvqmZqAjTdn3aoItz+VHjoZilo78198JAdRuid5lQ==",
            "salt": "42xEC+ixf3L2lw==",
            **FIREBASE,
        }
    ),
    "writer": "Firebase, published example",
    "version": "",
}
PYPI = {"Django": "5.2.8", "Werkzeug": "3.1.3", "argon2-cffi": "25.1.0", "bcrypt": "5.0.0", "passlib": "1.7.4"}
OLD_PYPI = {"Django": "4.2.26", "Werkzeug": "2.2.3"}  # the last that write salted digests
NPM = {
    "argon2": "0.45.1",
    "argon2-before": "npm:argon2@0.44.0",
    "bcrypt": "6.0.0",
    "bcryptjs": "3.0.3",
    "@node-rs/argon2": "2.0.2",
    "@better-auth/utils": "0.5.1",
    "drupal-hash": "1.0.4",
    "firebase-scrypt": "2.2.0",
    "aspnetcore-identity-password-hasher": "1.0.1",
}
DJANGO = """
import json, sys
from django.conf import settings
settings.configure()
import django
django.setup()
from django.contrib.auth import hashers
from werkzeug.security import generate_password_hash
made = {
    "django_pbkdf2": [hashers.PBKDF2PasswordHasher, hashers.PBKDF2SHA1PasswordHasher],
    "argon2": [hashers.Argon2PasswordHasher],
    "bcrypt_sha256": [hashers.BCryptSHA256PasswordHasher],
    "bcrypt": [hashers.BCryptPasswordHasher],
    "django_scrypt": [hashers.ScryptPasswordHasher],
}
def tell(scheme, password, hash, writer):
    print(json.dumps({"scheme": scheme, "password": password, "hash": hash, "writer": writer}))
for password in json.loads(sys.argv[1]):
    for scheme, kinds in made.items():
        for kind in kinds:
            hasher = kind()
            if scheme == "bcrypt" and len(password.encode()) > 72:
                continue  # refused by bcrypt 5
            tell(scheme, password, hasher.encode(password, hasher.salt()), "PyPI Django")
    tell("werkzeug_scrypt", password, generate_password_hash(password), "PyPI Werkzeug")
    tell("werkzeug_pbkdf2", password, generate_password_hash(password, "pbkdf2"), "PyPI Werkzeug")
"""
OLD_DJANGO = """
import json, sys
from django.conf import settings
settings.configure()
from django.contrib.auth import hashers
from werkzeug.security import generate_password_hash
made = [
    (hashers.SHA1PasswordHasher, "salt"), (hashers.MD5PasswordHasher, "salt"), (hashers.UnsaltedSHA1PasswordHasher, ""),
]
for password in json.loads(sys.argv[1]):
    texts = [("PyPI Django", kind().encode(password, salt)) for kind, salt in made]
    texts += [("PyPI Werkzeug", generate_password_hash(password, method)) for method in ("sha256", "sha1", "sha512")]
    for writer, text in texts:
        print(json.dumps({"scheme": "salted_digest", "password": password, "hash": text, "writer": writer}))
"""
PASSLIB = """
import json, sys
from passlib import hash
kinds = {
    "pbkdf2": [hash.pbkdf2_sha1, hash.pbkdf2_sha256, hash.pbkdf2_sha512],
    "scrypt": [hash.scrypt.using(rounds=14)],
    "sha256_crypt": [hash.sha256_crypt],
    "sha512_crypt": [hash.sha512_crypt],
    "md5_crypt": [hash.md5_crypt],
}
for password in json.loads(sys.argv[1]):
    for scheme, several in kinds.items():
        for kind in several:
            made = {"scheme": scheme, "password": password, "hash": kind.hash(password), "writer": "PyPI passlib"}
            print(json.dumps(made))
"""
LDAP = {  # OpenLDAP's scheme: (ours, the module that has it)
    "{SSHA}": ("openldap_digest", None),
    "{SMD5}": ("openldap_digest", None),
    "{SSHA256}": ("openldap_digest", "pw-sha2"),
    "{SSHA512}": ("openldap_digest", "pw-sha2"),
    "{PBKDF2-SHA256}": ("openldap_pbkdf2", "pw-pbkdf2"),
    "{PBKDF2}": ("openldap_pbkdf2", "pw-pbkdf2"),
    "{ARGON2}": ("argon2", "argon2"),
}


def output(*command: str | Path, **options: Any) -> str:
    told: str = subprocess.run(command, check=True, text=True, stdout=subprocess.PIPE, **options).stdout
    return told.strip()


def lines(text: str, versions: dict[str, str]) -> Iterator[dict[str, str]]:
    for line in text.splitlines():
        made = json.loads(line)
        yield made | {"version": next((versions[name] for name in versions if name == made["writer"]), "")}


def by_python(home: Path) -> Iterator[dict[str, str]]:
    yield from by_packages(home / "venv", PYPI, (DJANGO, PASSLIB))
    yield from by_packages(home / "old", OLD_PYPI, (OLD_DJANGO,))


def by_packages(venv: Path, packages: dict[str, str], programs: tuple[str, ...]) -> Iterator[dict[str, str]]:
    output(sys.executable, "-m", "venv", venv)
    output(venv / "bin/pip", "install", "-q", *(f"{name}=={version}" for name, version in packages.items()))
    versions = {f"PyPI {name}": version for name, version in packages.items()}
    for program in programs:
        yield from lines(output(venv / "bin/python", "-c", program, json.dumps(PASSWORDS)), versions)


def by_node(home: Path) -> Iterator[dict[str, str]]:
    (home / "package.json").write_text(json.dumps({"private": True, "dependencies": NPM}))
    output("npm", "install", "--silent", cwd=home)
    for name in ("npm.mjs", "computed.mjs"):
        (home / name).write_text((HERE / name).read_text())
    versions = {f"npm {name}": version for name, version in NPM.items()}
    made = output("node", "npm.mjs", json.dumps(PASSWORDS), json.dumps(FIREBASE), cwd=home)
    yield from lines(made, versions)
    node = output("node", "--version")
    for each in lines(output("node", "computed.mjs", json.dumps(PASSWORDS[:2]), cwd=home), {}):
        yield each | {"version": node}


def by_php(home: Path) -> Iterator[dict[str, str]]:
    output("apt-get", "download", "wordpress", cwd=home)
    (package,) = home.glob("wordpress_*.deb")
    output("dpkg", "-x", package, home / "wordpress")
    phpass = home / "wordpress/usr/share/wordpress/wp-includes/class-phpass.php"
    php, wordpress = output("php", "-r", "echo PHP_VERSION;"), package.name.split("_")[1]
    versions = {"PHP": php, "PHP as WordPress 6.8": php, "WordPress": wordpress}
    yield from lines(output("php", HERE / "php.php", json.dumps(PASSWORDS), phpass), versions)


def by_debian(_: Path) -> Iterator[dict[str, str]]:
    version = output("dpkg-query", "-W", "-f", "${Version}", "slapd")
    for password in PASSWORDS:
        for name, (scheme, module) in LDAP.items():
            load = ["-o", f"module-load={module}"] if module else []
            made = output("slappasswd", *load, "-h", name, "-s", password)
            yield {"scheme": scheme, "password": password, "hash": made, "writer": "OpenLDAP", "version": version}
    version = output("dpkg-query", "-W", "-f", "${Version}", "whois")
    for method, scheme in (("sha256crypt", "sha256_crypt"), ("sha512crypt", "sha512_crypt"), ("bcrypt", "bcrypt")):
        made = output("mkpasswd", "-m", method, *(["-R", "4"] if method == "bcrypt" else []), PASSWORDS[0])
        yield {"scheme": scheme, "password": PASSWORDS[0], "hash": made, "writer": "mkpasswd", "version": version}


def main() -> None:
    with TemporaryDirectory() as folder:
        home = Path(folder)
        made = [PUBLISHED, *by_python(home), *by_node(home), *by_php(home), *by_debian(home)]
    SAMPLES.write_text(json.dumps(made, ensure_ascii=False, indent=1) + "\n")
    print(f"{len(made)} hashes in {SAMPLES}")


if __name__ == "__main__":
    main()
