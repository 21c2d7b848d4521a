"""What the store in memory says to what it does not know."""


class NotInMemory(NotImplementedError):
    """The store in memory cannot do this: it is never silently wrong."""

    def __init__(self, what: str) -> None:
        super().__init__(f"the store in memory does not know {what}: use a real MongoDB, or add it to testing/store")
