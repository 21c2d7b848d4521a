"""The names that are meant by a mistyped one."""

import re
from collections.abc import Iterable
from difflib import get_close_matches

LONGEST = 100  # characters that are looked at
_WORD = re.compile(r"[A-Z]?[a-z0-9]+|[A-Z]+(?![a-z])")


def nearest_names(given: str, names: Iterable[str]) -> list[str]:
    """Return up to three names that resemble what was given, the nearest first.

    Letter case and separators do not matter, nor does the order of the words: `CreateUser` is near `user.create`.
    """
    words = [word.lower() for word in _WORD.findall(given[:LONGEST])]
    known = [*names]
    same = [name for name in known if sorted(re.split(r"[._]", name)) == sorted(words)]
    near = get_close_matches(given[:LONGEST].lower(), known) + get_close_matches(".".join(words), known)
    return [*dict.fromkeys(same + near)][:3]
