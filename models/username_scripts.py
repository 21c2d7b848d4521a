"""Which scripts the letters of a username may mix."""

import unicodedata

# written together in China, Japan and Korea, also with Latin letters: UTS 39's "highly restrictive" level, as one set
_TOGETHER = {"LATIN", "CJK", "IDEOGRAPHIC", "BOPOMOFO", "HIRAGANA", "KATAKANA", "KATAKANA-HIRAGANA", "HANGUL"}


def has_mixed_scripts(username: str) -> bool:
    """Whether the letters are of several scripts that are not written together, such as Latin and Cyrillic.

    A script is the first word of the names of its letters, once these are in NFKC.
    """
    letters = (letter for letter in unicodedata.normalize("NFKC", username) if unicodedata.category(letter)[0] == "L")
    scripts = {unicodedata.name(letter, "").partition(" ")[0] for letter in letters}
    return len(scripts) > 1 and not scripts <= _TOGETHER
