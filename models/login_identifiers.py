"""Login identifiers: which texts are the same, and how they are stored."""

import re
import unicodedata
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from itertools import chain
from typing import Any

from models.errors.base import Refusal
from models.errors.users import EmailTaken, TelephoneTaken, UsernameTaken
from models.store.client import BsonDict
from models.store.conditions import fold
from models.telephones import valid_e164

LOGINS: dict[str, type[Refusal]] = {"username": UsernameTaken, "email": EmailTaken, "telephone": TelephoneTaken}
IDENTIFIERS = ("login", *LOGINS)  # by which look-ups find a user; `login` is any of the others
COMPARISON = 2  # 1: trimmed, NFC and letter case alone
CLASHING = "clash"  # in place of the form, of rows that are compared as in the first one
# Unicode's Default_Ignorable_Code_Point, which never grows: these show nothing
_IGNORABLE = re.compile(
    "[\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200f\u202a-\u202e\u2060-\u206f\u3164"
    "\ufe00-\ufe0f\ufeff\uffa0\ufff0-\ufff8\U0001bca0-\U0001bca3\U0001d173-\U0001d17a\U000e0000-\U000e0fff]+"
)
_DIALLED = re.compile(r"\+?[0-9][0-9 .()/\u2010-\u2015\u2212-]{4,}|\(\+?[0-9][0-9 .()/\u2010-\u2015\u2212-]{4,}")


def login_identifiers(fields: Mapping[str, Any]) -> dict[str, str]:
    """The login identifiers among the fields of a user, as they were written."""
    return {name: fields[name] for name in LOGINS if fields.get(name)}


def visible_text(text: str) -> str:
    """The text by which identifiers are compared: NFKC, case-folded, trimmed, without characters that show nothing."""
    if text.isascii():
        return text.lower().strip()  # the same result, without a search for what ASCII does not have
    folded = unicodedata.normalize("NFKC", _IGNORABLE.sub("", text)).casefold()
    return unicodedata.normalize("NFKC", _IGNORABLE.sub("", folded)).strip()


@dataclass(frozen=True, slots=True)
class LoginKeys:
    """Compares login identifiers; telephone numbers without a calling code are of the country with this one."""

    country: str

    @property
    def form(self) -> str:
        """What rows whose `logins` are up to date are marked with."""
        return f"{COMPARISON}/{self.country}"

    def key(self, text: str) -> str:
        """What all spellings of an identifier share: the number in E.164 if it is a valid one, else `visible_text`.

        A key is its own key. A text that shows nothing is its own key too.
        """
        return _forms(text, self.country)[-1]

    def are_same(self, text: str, other: str) -> bool:
        """Whether the texts are spellings of one identifier."""
        return self.key(text) == self.key(other)

    def forms(self, text: str) -> tuple[str, ...]:
        """What `logins` of a user with this identifier may hold: the text as workers before 2 fold it, and its key."""
        return _forms(text, self.country)

    def keys(self, identifiers: Mapping[str, str]) -> dict[str, str]:
        """The keys of identifiers, by field."""
        return {field: self.key(text) for field, text in identifiers.items()}

    def by_form(self, texts: Iterable[str]) -> dict[str, str]:
        """The keys of texts by all their forms."""
        # the key is the last of the forms
        return {form: forms[-1] for forms in map(self.forms, texts) for form in forms}

    def stored_forms(self, identifiers: Mapping[str, str], is_clashing: bool) -> dict[str, tuple[str, ...]]:
        """The forms by which a user is found, by field: the older one alone if the keys are another user's."""
        return {field: (fold(text),) if is_clashing else self.forms(text) for field, text in identifiers.items()}

    def row_fields(self, identifiers: Mapping[str, str], is_live: bool, is_clashing: bool) -> BsonDict:
        """The fields of a row: `logins` for the unique index while the user lives, else `former_logins`."""
        if not is_live:
            return {"login_form": self.form, "former_logins": self.keys(identifiers)}
        logins = {*chain.from_iterable(self.stored_forms(identifiers, is_clashing).values())}
        return {"login_form": CLASHING if is_clashing else self.form, "logins": sorted(logins)}

    def former_filter(self, field: str, text: str) -> BsonDict:
        """What the rows of soft-deleted users who had this identifier meet; with the field `login`, in any field."""
        fields = LOGINS if field == "login" else (field,)
        return {"$or": [{f"former_logins.{each}": self.key(text)} for each in fields]}


@lru_cache(maxsize=8192)  # an import asks three times for each of some thousand texts
def _forms(text: str, country: str) -> tuple[str, ...]:
    visible, folded = visible_text(text), fold(text)
    number = valid_e164(visible, country) if _DIALLED.fullmatch(visible) else None
    return tuple(dict.fromkeys((folded, number or visible or folded)))


async def find_taken_keys(rows: Any, keys: Mapping[str, str], but: int | None, session: Any) -> set[str]:
    """Return which keys live users other than `but` have; `keys` holds them by all their forms."""
    where = {"logins": {"$in": [*keys]}, "_id": {"$ne": but}}
    found = rows.find(where, {"logins": 1}, session=session)
    return {keys[login] async for row in found for login in row["logins"] if login in keys}


async def find_refusal(
    rows: Any, forms: Mapping[str, tuple[str, ...]], but: int | None, session: Any
) -> type[Refusal] | None:
    """Return the refusal of the first field of which a live user other than `but` has one of the forms."""
    taken = await find_taken_keys(rows, {form: form for each in forms.values() for form in each}, but, session)
    return next((LOGINS[field] for field, each in forms.items() if not taken.isdisjoint(each)), None)
