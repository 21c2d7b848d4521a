"""Where a request's parameters are; the id in the path is checked before any of them is read (section 3.3)."""

import re
from typing import Any
from urllib.parse import parse_qsl

from bridge.body import json_object, json_value
from bridge.dialect import Ask, Failure, Rejected, Stopped
from bridge.dialects.rbac.fields import LARGEST, NUMBER
from bridge.fields import Fault, Values, each, integer

CHOSEN = 2_147_483_647
IDS = 1000
NOT_GIVEN: tuple[Any, ...] = (None, [], "")

BAD_ID = Failure(400, "id must be a positive integer")
BAD_IDS = Failure(400, "ids must be a list of positive integers")
NO_IDS = Failure(400, "ids is required")

_LIST = each(integer(1, LARGEST, decimal=True), IDS)


def row_source(ask: Ask) -> Values:
    """The id in the path, and for POST and PUT the fields in the body; POST takes an id of the caller's choice."""
    path = path_id(ask, CHOSEN if ask.method == "POST" else LARGEST)
    return path if ask.method in ("GET", "DELETE") else json_object(ask) | path


def list_source(ask: Ask) -> Values:
    """The id in the path, and what the query gives of `page` and `filter`, as text."""
    path, given = path_id(ask), parameters(ask)
    return path | {name: texts[-1] for name, texts in given.items() if name in ("page", "filter")}


def link_source(ask: Ask) -> Values:
    """The id in the path, and `ids` where the body or the query gives some; raises Rejected, Stopped."""
    path = path_id(ask)
    given = _body_ids(ask)
    if given in NOT_GIVEN:
        given = ",".join(parameters(ask).get("ids", []))
    return path if given in NOT_GIVEN else path | {"ids": _ids(given)}


def path_id(ask: Ask, largest: int = LARGEST) -> Values:
    """The id in the path, where it has one; raises Rejected."""
    if "id" not in ask.path:
        return {}
    digits = ask.path["id"]
    if not re.fullmatch("[0-9]{1,16}", digits) or not 1 <= int(digits) <= largest:
        raise Rejected(BAD_ID)
    return {"id": int(digits)}


def parameters(ask: Ask) -> dict[str, list[str]]:
    """The query's texts by name; what is no UTF-8 is kept as surrogates, which no check lets through."""
    named: dict[str, list[str]] = {}
    for name, text in parse_qsl(ask.query.decode(errors="surrogateescape"), True, errors="surrogateescape"):
        named.setdefault(name, []).append(text)
    return named


def json_text(name: str, text: str) -> Values:
    """A JSON object that a query parameter holds as text; raises Rejected."""
    try:
        value = json_value(text.encode(errors="surrogateescape"))
    except (Stopped, UnicodeError):
        value = None
    if not isinstance(value, dict):
        raise Rejected(Failure(400, f"{name} must be a JSON object"))
    return value


def _body_ids(ask: Ask) -> Any:
    given = json_value(ask.body) if ask.body else None
    if not isinstance(given, dict):
        return given
    if given and "ids" not in given:
        raise Rejected(NO_IDS)
    return given.get("ids")


def _ids(given: Any) -> Any:
    try:
        if isinstance(given, int):
            return [NUMBER(given)]
        return _LIST(given.split(",") if isinstance(given, str) else given)
    except Fault:
        raise Rejected(BAD_IDS) from None
