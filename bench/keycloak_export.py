"""A realm's users as `kc.sh export` writes them, made up: names, addresses, telephones, PBKDF2 credentials."""

import base64
import json
import random
from collections.abc import Iterator
from pathlib import Path
from uuid import UUID

FIRST = (
    "Ada",
    "Bruno",
    "Chen",
    "Dalia",
    "Emeka",
    "Fatima",
    "Grace",
    "Hiroshi",
    "Ines",
    "Jürgen",
    "Kateřina",
    "伟",
    "娜",
)
LAST = ("Lovelace", "Silva", "Li", "Haddad", "Okafor", "Müller", "Hopper", "Tanaka", "Novák", "王", "张", "O'Neill")
DOMAINS = ("example.com", "example.org", "mail.example.net", "staff.example.com")
CREDENTIAL_DATA = json.dumps({"hashIterations": 27500, "algorithm": "pbkdf2-sha256", "additionalParameters": {}})
EPOCH = 1_500_000_000_000  # milliseconds
THIRD = 3  # every third user has a telephone


def write_export(path: Path, users: int, about: int = 0, seed: int = 1) -> None:
    """Write the export of a realm with so many users, the same for the same seed.

    Each has some 1.2 KB, and a text of `about` characters more as an attribute of its own.
    """
    with path.open("w", encoding="utf-8") as out:
        out.write('{\n  "realm" : "bench",\n  "users" : [ ')
        for number, text in enumerate(_users(users, about, random.Random(seed))):
            out.write(f", {text}" if number else text)
        out.write(" ]\n}\n")


def _users(users: int, about: int, chance: random.Random) -> Iterator[str]:
    for number in range(users):
        text = json.dumps(_user(number, about, chance), indent=2, ensure_ascii=False, separators=(",", " : "))
        yield text.replace("\n", "\n  ")


def _user(number: int, about: int, chance: random.Random) -> dict[str, object]:
    first, last = chance.choice(FIRST), chance.choice(LAST)
    name = ".".join(filter(None, (_ascii(first), _ascii(last), str(number))))
    phone = {} if number % THIRD else {"phoneNumber": [f"+86138{number:08d}"]}
    return {
        "id": _uuid(chance),
        "username": name,
        "firstName": first,
        "lastName": last,
        "email": f"{name}@{chance.choice(DOMAINS)}",
        "emailVerified": chance.random() < 0.8,
        "attributes": {**phone, "locale": ["en"], **({"about": ["x" * about]} if about else {})},
        "createdTimestamp": EPOCH + chance.randrange(200_000_000_000),
        "enabled": chance.random() < 0.98,
        "totp": False,
        "credentials": [_credential(chance)],
        "disableableCredentialTypes": [],
        "requiredActions": [],
        "realmRoles": ["default-roles-bench"],
        "notBefore": 0,
        "groups": [],
    }


def _ascii(text: str) -> str:
    return "".join(letter for letter in text.lower() if letter.isascii() and letter.isalpha())


def _credential(chance: random.Random) -> dict[str, object]:
    key, salt = (base64.b64encode(chance.randbytes(length)).decode() for length in (64, 16))
    return {
        "id": _uuid(chance),
        "type": "password",
        "userLabel": "My password",
        "createdDate": EPOCH + chance.randrange(200_000_000_000),
        "secretData": json.dumps({"value": key, "salt": salt, "additionalParameters": {}}, separators=(",", ":")),
        "credentialData": CREDENTIAL_DATA,
    }


def _uuid(chance: random.Random) -> str:
    return str(UUID(bytes=chance.randbytes(16), version=4))
