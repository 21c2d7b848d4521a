"""The installation into .venv."""

import os
import subprocess
import sys


def test_the_installer_needs_nothing_that_it_installs() -> None:
    code = f"import sys; sys.path.insert(0, {os.getcwd()!r}); import devstack.install"
    result = subprocess.run([sys.executable, "-I", "-S", "-c", code], capture_output=True, text=True, check=False)
    assert (result.returncode, result.stderr) == (0, "")
