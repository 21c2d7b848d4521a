"""The development sender."""

import asyncio
import json
from pathlib import Path

import pytest

from handlers.sms_gateways.gateway import NotSent
from handlers.sms_gateways.log import LogSender


async def test_each_code_is_a_line_of_json(tmp_path: Path) -> None:
    file = tmp_path / "sms.log"
    sender = LogSender(file)
    await asyncio.gather(*(sender.send(f"1380000{number:04}", f"{number:06}") for number in range(100)))
    lines = [json.loads(line) for line in file.read_text().splitlines()]
    assert sorted(line["telephone"] for line in lines) == [f"1380000{number:04}" for number in range(100)]
    assert all(set(line) == {"telephone", "code", "at"} for line in lines)


async def test_a_file_that_others_could_read_is_closed_to_them(tmp_path: Path) -> None:
    file = tmp_path / "sms.log"
    file.touch(mode=0o644)
    await LogSender(file).send("13812345678", "012345")
    assert file.stat().st_mode & 0o777 == 0o600


async def test_a_file_that_cannot_be_written_is_not_sent(tmp_path: Path) -> None:
    with pytest.raises(NotSent, match="cannot be written"):
        await LogSender(tmp_path / "missing" / "sms.log").send("13812345678", "012345")
