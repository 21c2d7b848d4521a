"""Workers and bridges that tests of faults kill."""

import os
import sys
from collections.abc import Mapping
from pathlib import Path

from devstack.programs import ChildProgram, spawn
from tests.support.forked_programs import ForkedProgram, StandardFiles

FULL = bool(os.environ.get("FAULTS_FULL"))


def start_module(module: str, env: Mapping[str, str], log: Path) -> ChildProgram | ForkedProgram:
    """Start `python -m module` with both outputs in `log`; as users do in `make faults`, which measures its memory."""
    if FULL:
        return spawn([sys.executable, "-m", module], env, log, name=module)
    return ForkedProgram([module], env, StandardFiles(log, log))
