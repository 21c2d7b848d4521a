"""AMQP URLs that we print, write or default to: none ends in "/", which many clients read as the virtual host ""."""

import re
import subprocess
from pathlib import Path

ROOT = Path(__file__).parents[2]
SHOWN = ("*.md", "*.py", ".env.example", "*.yaml", "*.toml", "*.json")
WITH_PATH = re.compile(r"amqps?://[^\s\"'`/,]+/(?!%2F|[\w{])")


def test_no_url_that_people_copy_ends_in_a_slash() -> None:
    listed = subprocess.run(["git", "ls-files", *SHOWN], cwd=ROOT, capture_output=True, text=True, check=True)
    files = [name for name in listed.stdout.splitlines() if not name.startswith(("tests/", "findings/"))]
    found = {name: WITH_PATH.findall((ROOT / name).read_text()) for name in files}
    assert {name: urls for name, urls in found.items() if urls} == {}
    assert files
