"""The SMS gateway in memory."""


class KeptCodes:
    """Keeps the last code of each telephone number instead of sending it."""

    def __init__(self) -> None:
        self.by_number: dict[str, str] = {}

    async def send(self, telephone: str, code: str) -> None:
        """Keep a code."""
        self.by_number[telephone] = code
