"""The base of all refusals, and the refusals that any request can get."""

from typing import Any, ClassVar


class Refusal(Exception):
    """A rule refuses the request: the transaction rolls back, and the reply tells `kind`, `code` and the text."""

    kind: ClassVar[str] = "conflict"
    code: ClassVar[str]
    text: ClassVar[str]

    def __init__(self, text: str | None = None, details: Any = None) -> None:
        super().__init__(text or self.text)
        self.details = details


class StoreUnavailable(Exception):
    """MongoDB cannot be reached or has no primary: nothing was done, and a later retry may succeed."""


class TryAgain(Exception):
    """Another command has been faster; running this one again settles it."""


class MessageReused(Refusal):
    """The message_id was used before for another request."""

    code = "message.id_reused"
    text = "this message_id was used before with a different body: use a new message_id for a new command"


class TooLarge(Refusal):
    """A document that the command would store, or its reply, exceeds MongoDB's limit of 16 MB."""

    kind = "invalid"
    code = "store.too_large"
    text = "this would store or answer more than 16 MB at once: ask for less in one request"


class DeadlinePassed(Refusal):
    """The work was not done by the sender's deadline."""

    kind = "unavailable"
    code = "message.late"
    text = "the deadline came before the work was done: try again with the same message_id"


class StoreBusy(Refusal):
    """The database did not finish in the time that the request had; it may do so later."""

    kind = "throttled"
    code = "store.busy"
    text = "the database is too busy to finish in time: try again later with the same message_id"

    def __init__(self) -> None:
        super().__init__(details={"retry_after": 1})


class SearchBusy(Refusal):
    """Too many searches that no index helps are under way in this worker."""

    kind = "throttled"
    code = "search.busy"
    text = "too many searches that no index helps are under way: try again later"

    def __init__(self) -> None:
        super().__init__(details={"retry_after": 1})


class CursorInvalid(Refusal):
    """The `after` cursor was not made by a search with this sort order."""

    kind = "invalid"
    code = "search.cursor_invalid"
    text = "`after` must be the `next` of a page with the same sort order"


class ValueUnfit(Refusal):
    """A condition's value does not fit its field or operator."""

    kind = "invalid"
    code = "search.value_invalid"
    text = "the value does not fit the field or the operator"
