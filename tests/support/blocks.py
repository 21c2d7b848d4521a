"""Code blocks of the pages: where each stands, and what it says."""

import re
import shlex
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from markdown_it import MarkdownIt

ROOT = Path(__file__).parents[2]
PAGES = (
    *sorted(ROOT.glob("*.md")),
    *sorted((ROOT / "docs").glob("*.md")),
    *sorted((ROOT / "docs" / "decisions").glob("*.md")),
    *sorted((ROOT / "examples").rglob("*.md")),
)
FENCED_BY_SPHINX = "{toctree}"


@dataclass(frozen=True)
class Block:
    """A block: its page below the root, its language (empty where none is named), its text."""

    page: str
    language: str
    text: str

    @property
    def first_line(self) -> str:
        """Its first line without a comment, by which it is named in tests/blocks.toml."""
        return re.split(r"\s+#\s", self.text.strip().splitlines()[0])[0]


def blocks(page: Path) -> Iterator[Block]:
    """The code blocks of a page, fenced and indented ones."""
    for token in MarkdownIt().parse(page.read_text()):
        if token.type in ("fence", "code_block") and token.info != FENCED_BY_SPHINX:
            yield Block(str(page.relative_to(ROOT)), token.info, token.content)


def commands(block: Block, program: str) -> Iterator[list[str]]:
    """The words of each line that calls a program, up to a pipe, a redirection or the next command."""
    for line in block.text.replace("\\\n", " ").splitlines():
        if block.language == "" and re.match(rf"(\S*/)?{program}\s", line):
            call = re.split(r"\s(?:\||&&|[;<>])\s", line, maxsplit=1)[0]
            yield shlex.split(call, comments=True)[1:]
