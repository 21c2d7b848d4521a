"""What all refusals share, and the ones that any request can meet; nothing here knows the bus."""

from typing import Any, ClassVar


class Refusal(Exception):
    """A rule said no. Raised: the transaction rolls back, the caller is told `kind`, `code` and the text."""

    kind: ClassVar[str] = "conflict"
    code: ClassVar[str]
    text: ClassVar[str]

    def __init__(self, text: str | None = None, details: Any = None) -> None:
        super().__init__(text or self.text)
        self.details = details


class StoreUnavailable(Exception):
    """MongoDB cannot be reached or has no primary: nothing was done, trying again later helps."""


class TryAgain(Exception):
    """Somebody was faster in a way that a second run of the same command settles."""


class MessageReused(Refusal):
    """The message_id was used before for another request."""

    code = "message.id_reused"
    text = "this message_id was used before with a different body: use a new message_id for a new command"


class TooLarge(Refusal):
    """A document that the command would store, or its reply, would be larger than MongoDB takes."""

    kind = "invalid"
    code = "store.too_large"
    text = "this would store or answer more than 16 MB at once: ask for less in one request"


class DeadlinePassed(Refusal):
    """The work was not done when the caller's deadline came."""

    kind = "unavailable"
    code = "message.late"
    text = "the deadline came before the work was done: try again with the same message_id"


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
