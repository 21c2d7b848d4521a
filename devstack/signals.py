"""Ctrl-C, SIGTERM and a closed terminal, all seen as one KeyboardInterrupt."""

import signal
from types import FrameType
from typing import NoReturn

STOPPING = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


def stop_on_signals() -> None:
    """From now on the first stop signal raises KeyboardInterrupt, and those after it are ignored."""
    for number in STOPPING:
        signal.signal(number, _interrupt)


def _interrupt(_number: int, _frame: FrameType | None) -> NoReturn:
    for number in STOPPING:
        signal.signal(number, signal.SIG_IGN)
    raise KeyboardInterrupt
