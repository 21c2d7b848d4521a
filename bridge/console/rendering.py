"""The templates of the pages: whatever is put into one shows as text."""

import unicodedata
import uuid
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from bridge.console.page import PREFIX, ConsolePage
from contracts.harmless import harmless_text

FOLDER = Path(__file__).parent / "templates"


def create_templates(pages: Sequence[ConsolePage]) -> Environment:
    """The environment of the templates; `pages` with a title are the menu.

    Markup is escaped, and so are characters that command a terminal or change the order of others. `{{ form_id() }}`
    is a new id of a form, `|time` shows a time, `|lines` a text with its line breaks; `|exact` is the
    value of a field.
    """
    templates = Environment(
        loader=FileSystemLoader(FOLDER),
        autoescape=True,
        undefined=StrictUndefined,
        finalize=_finalize,
        trim_blocks=True,
        lstrip_blocks=True,
        auto_reload=False,
    )
    templates.globals["menu"] = [(page.title, PREFIX + page.routes[0].path) for page in pages if page.title]
    templates.globals["form_id"] = lambda: uuid.uuid4().hex
    templates.filters["time"] = show_time
    templates.filters["lines"] = show_lines
    templates.filters["exact"] = exact_value
    return templates


def show_time(moment: datetime | None) -> str:
    """A time in UTC to the second, as an element; a dash for none."""
    if moment is None:
        return "–"
    shown = moment.strftime("%Y-%m-%d %H:%M:%S")
    return Markup("<time datetime='{}'>{} UTC</time>").format(moment.isoformat(), shown)


def show_lines(text: str) -> str:
    """A text whose line breaks and tabs stay, for `<pre>`."""
    return Markup.escape(harmless_text(text, keep="\n\t"))


def exact_value(value: object) -> str:
    """The value of a form's field, which a browser sends back as it is; control characters alone are escaped."""
    text = Markup.escape("" if value is None else value)
    return text if text.isascii() and text.isprintable() else Markup("").join(map(_refer_to, text))


def _refer_to(char: str) -> str:
    shown = harmless_text(char)
    is_kept = shown == char or unicodedata.category(char) in ("Cc", "Cs")  # to which HTML has no reference
    return Markup(shown if is_kept else f"&#{ord(char)};")  # noqa: S704  the text is escaped already


def _finalize(value: Any) -> Any:
    if value is None:
        return ""
    return harmless_text(value) if isinstance(value, str) and not hasattr(value, "__html__") else value
