"""Views of counters of failed sign-ins."""

from typing import ClassVar, Literal

from contracts.base import EventData, View
from contracts.sessions import Realm
from contracts.types import Timestamp


class LockoutView(EventData):
    """Failed sign-ins at one identifier (in realms that lock) or of one user; the identifier is never shown.

    `failures` counts those that have not expired; `user_id` is null for an unknown user, `client_address` where the
    sender did not tell it.
    """

    personal: ClassVar = frozenset({"client_address"})
    realm: Realm
    user_id: int | None
    failures: int
    locked_until: Timestamp | None = None
    client_address: str | None = None


class CounterView(LockoutView):
    """A counter of failed sign-ins: of the `user`, in all realms together, or of one identifier, by its field.

    Its failures count until `counts_until`, unless more come; until `locked_until` no password is right.
    """

    counter: Literal["user", "username", "email", "telephone"]
    counts_until: Timestamp


class LockoutList(View):
    """The counters of failed sign-ins of a user."""

    items: list[CounterView]
