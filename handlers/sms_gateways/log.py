"""The gateway for development: it writes codes to a file instead of sending them."""

import asyncio
import json
import os
from pathlib import Path

from contracts.types import timestamp
from handlers.sms_gateways.gateway import NotAsked
from models.store.document import now


class LogSender:
    """Append one JSON line `{"telephone", "code", "at"}` per message to a file that only its owner can read."""

    def __init__(self, file: Path) -> None:
        self._file = file

    async def send(self, telephone: str, code: str) -> None:
        """Append the line. Raises `NotAsked` if the file cannot be written."""
        line = json.dumps({"telephone": telephone, "code": code, "at": timestamp(now())}) + "\n"
        try:
            await asyncio.to_thread(self._append, line.encode())
        except OSError as error:
            raise NotAsked(f"{self._file} cannot be written: {error.strerror}") from error

    def _append(self, line: bytes) -> None:
        file = os.open(self._file, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
        try:
            os.fchmod(file, 0o600)
            os.write(file, line)
        finally:
            os.close(file)
