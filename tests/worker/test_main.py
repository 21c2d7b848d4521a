"""`python -m worker` as a process of its own."""

import os
import subprocess
import sys
from pathlib import Path

from tests.support.patience import PATIENCE


def test_settings_are_read_from_a_folder_and_wrong_ones_told_in_a_line_each(tmp_path: Path) -> None:
    (tmp_path / "userbus_secret_key").write_text("short")
    (tmp_path / "userbus_prefetch").write_text("0")
    kept = {name: value for name, value in os.environ.items() if not name.startswith("USERBUS_")}
    told = kept | {"USERBUS_SECRETS_DIR": str(tmp_path)}
    command = [sys.executable, "-m", "worker"]
    ended = subprocess.run(command, env=told, capture_output=True, text=True, timeout=PATIENCE, check=False)
    assert ended.returncode == 2
    lines = sorted(ended.stderr.splitlines())
    assert [line.split(": ")[1] for line in lines] == ["USERBUS_PREFETCH", "USERBUS_SECRET_KEY"]
    assert "at least 32" in lines[1]
