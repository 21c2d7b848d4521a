"""The site that `make site` has made: complete, and in need of no network."""

import os
import re
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
FETCHED = {"script": "src", "img": "src", "link": "href", "iframe": "src", "source": "src", "video": "src"}
NOT_FETCHED = {"canonical", "author", "next", "prev", "search", "index"}


@pytest.fixture
def site() -> Path:
    if "SITE" not in os.environ:
        pytest.skip("`make site` makes the site and runs this")
    return ROOT / os.environ["SITE"]


class Fetches(HTMLParser):
    """Collects the addresses that a browser fetches by itself when it shows a page."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        if tag in FETCHED and given.get("rel") not in NOT_FETCHED:
            self.found.append(given.get(FETCHED[tag]) or "")


def fetched(page: Path) -> Iterator[str]:
    parser = Fetches()
    parser.feed(page.read_text())
    yield from parser.found


def test_every_page_of_the_repository_is_in_it(site: Path) -> None:
    sources = [
        *ROOT.glob("*.md"),
        *(file for room in ("docs", "examples", "findings") for file in (ROOT / room).rglob("*.md")),
    ]
    missing = [file for file in sources if not (site / file.relative_to(ROOT)).with_suffix(".html").exists()]
    assert sources
    assert missing == []


def test_the_reference_has_every_page(site: Path) -> None:
    made = {page.stem for page in (site / "docs" / "reference").glob("*.html")}
    assert made == {"requests", "events", "settings", "http", "command-line"}
    assert 'id="user-create"' in (site / "docs" / "reference" / "requests.html").read_text()


def test_a_browser_fetches_nothing_from_elsewhere(site: Path) -> None:
    pages = list(site.rglob("*.html"))
    elsewhere = {address for page in pages for address in fetched(page) if re.match(r"(https?:)?//", address)}
    assert len(pages) > 50
    assert elsewhere == set()
    styles = "".join(file.read_text() for file in site.rglob("*.css"))
    assert re.findall(r"(?:url\(|@import )[\"']?(?:https?:)?//[^)]*", styles) == []
