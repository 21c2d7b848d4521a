"""A realm's users as `kc.sh export` writes them, made up: names, addresses, telephones, PBKDF2 credentials."""

import base64
import random
from collections.abc import Iterator
from functools import cache
from pathlib import Path

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
ABOUT_CREDENTIAL = r'''"{\"hashIterations\":27500,\"algorithm\":\"pbkdf2-sha256\",\"additionalParameters\":{}}"'''
EPOCH = 1_500_000_000_000  # milliseconds
THIRD = 3  # every third user has a telephone


def write_export(path: Path, users: int, about: int = 0, seed: int = 1) -> None:
    """Write the export of a realm with so many users, the same for the same seed.

    Each has some 1.05 KB, and a text of `about` characters more as an attribute of its own.
    """
    with path.open("w", encoding="utf-8") as out:
        out.write('{\n  "realm" : "bench",\n  "users" : [ ')
        for number, text in enumerate(_users(users, about, random.Random(seed))):
            out.write(f", {text}" if number else text)
        out.write(" ]\n}\n")


def _users(users: int, about: int, chance: random.Random) -> Iterator[str]:
    padding = f"""\n      "about" : [ "{"x" * about}" ],""" if about else ""
    for number in range(users):
        yield _user(number, padding, chance)


def _user(number: int, padding: str, chance: random.Random) -> str:
    first, last = chance.choice(FIRST), chance.choice(LAST)
    name = ".".join(filter(None, (_ascii(first), _ascii(last), str(number))))
    phone = "" if number % THIRD else f"""\n      "phoneNumber" : [ "+86138{number:08d}" ],"""
    key, salt = (base64.b64encode(chance.randbytes(length)).decode() for length in (64, 16))
    created, changed = (EPOCH + chance.randrange(200_000_000_000) for _ in range(2))
    return f"""{{
    "id" : "{_uuid(chance)}",
    "username" : "{name}",
    "firstName" : "{first}",
    "lastName" : "{last}",
    "email" : "{name}@{chance.choice(DOMAINS)}",
    "emailVerified" : {"true" if chance.random() < 0.8 else "false"},
    "attributes" : {{{phone}{padding}
      "locale" : [ "en" ]
    }},
    "createdTimestamp" : {created},
    "enabled" : {"true" if chance.random() < 0.98 else "false"},
    "totp" : false,
    "credentials" : [ {{
      "id" : "{_uuid(chance)}",
      "type" : "password",
      "userLabel" : "My password",
      "createdDate" : {changed},
      "secretData" : "{{\\"value\\":\\"{key}\\",\\"salt\\":\\"{salt}\\",\\"additionalParameters\\":{{}}}}",
      "credentialData" : {ABOUT_CREDENTIAL}
    }} ],
    "disableableCredentialTypes" : [ ],
    "requiredActions" : [ ],
    "realmRoles" : [ "default-roles-bench" ],
    "notBefore" : 0,
    "groups" : [ ]
  }}"""


@cache
def _ascii(text: str) -> str:
    return "".join(letter for letter in text.lower() if letter.isascii() and letter.isalpha())


def _uuid(chance: random.Random) -> str:
    digits = f"{chance.getrandbits(128):032x}"
    return f"{digits[:8]}-{digits[8:12]}-4{digits[13:16]}-a{digits[17:20]}-{digits[20:]}"
