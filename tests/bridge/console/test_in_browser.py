"""The console in Chromium: every page, wide and narrow, light and dark, hostile names; an act by keyboard alone."""

import os
import shutil
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest

from tests.bridge.console.conftest import SignedInOperator
from tests.official_tools.tools import Tools
from tests.support.client import Client
from tests.support.console import PASSWORD, audit_entries, create_root

INSTALLED = os.environ.get("BROWSER_TOOLS")
PICTURES = os.environ.get("BROWSER_PICTURES", "")  # a folder for pictures of all pages
CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or ""
PROGRAMS = Path(__file__).parent / "browser"
HOSTILE = "<img src=x onerror=alert(1)><script>alert(2)</script>"
PAGES = (
    *("/overview", "/dead", "/dead/log", "/retries", "/users", "/roles", "/resources", "/audit", "/events", "/sms"),
    *("/integrations", "/tenants", "/tokens"),
)


@pytest.fixture
def tools(tmp_path: Path) -> Tools:
    """A folder with the packages from npm."""
    if INSTALLED is None or not CHROMIUM:
        pytest.skip("needs Debian's chromium and packages from npm: make browser")
    return Tools(Path(INSTALLED).resolve(), tmp_path)


async def test_every_page_is_whole_accessible_and_shows_hostile_names_as_text(
    client: Client, console_url: str, operator: SignedInOperator, tools: Tools
) -> None:
    user = await create_root(client, root=0, name=HOSTILE)
    role = await client.done("role.create", {"name": f"{HOSTILE}{uuid4().hex}"})
    await client.done("role.assign", {"user_id": user["id"], "role_ids": [role["id"]]})
    hostile = (f"/users/{user['id']}", f"/roles/{role['id']}")
    visit = (PROGRAMS / "visit.mjs", CHROMIUM, console_url, operator.user["username"], PASSWORD, PICTURES)
    seen = await tools.run_node(*visit, *PAGES, *hostile)
    assert [page["path"] for page in seen] == [*PAGES, *hostile] * 4
    for wrong in ("severe", "errors", "sideways", "injected"):
        assert [
            (page["path"], page["width"], page["colorScheme"], page[wrong]) for page in seen if page[wrong]
        ] == [], wrong
    assert [page["path"] for page in seen if not page["heading"].strip() or not page["title"]] == []
    assert [page["path"] for page in seen if page["path"] in hostile and HOSTILE not in page["text"]] == []


async def test_a_user_is_disabled_by_keyboard_alone(
    client: Client, console_url: str, operator: SignedInOperator, tools: Tools
) -> None:
    user = await create_root(client, root=0)
    words: tuple[Any, ...] = (CHROMIUM, console_url, operator.user["username"], PASSWORD)
    seen = await tools.run_node(PROGRAMS / "act.mjs", *words, f"/users/{user['id']}", "Disable")
    assert ("The user is disabled" in seen["told"], seen["errors"]) == (True, [])
    assert (await client.done("user.get", {"id": user["id"]}))["disabled"] == 1
    assert len(await audit_entries(client, actor=operator.actor, name="user.disable")) == 1
