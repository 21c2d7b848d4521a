"""Where the parameters of a request are; the id in the path is checked before any of them is read."""

import re
from typing import Any
from urllib.parse import parse_qsl

from bridge.dialects.rbac.fields import MAX_ID, NUMBER
from bridge.rest.body import json_object, json_value
from bridge.rest.checks import integer, list_of
from bridge.rest.dialect import DialectError, Failure, RawRequest, StandardError
from bridge.rest.fields import FieldError, Values

MAX_CHOSEN_ID = 2_147_483_647
MAX_IDS = 1000
LIST_MEMBER = re.compile(r"ids\[[0-9]*\]")  # how axios, qs and PHP name the members of a list
NO_IDS: tuple[Any, ...] = (None, [], "")

BAD_ID = Failure(400, "id must be a positive integer")
BAD_IDS = Failure(400, "ids must be a list of positive integers")
IDS_MISSING = Failure(400, "ids is required")

ID_LIST = list_of(integer(1, MAX_ID, decimal=True), MAX_IDS)


def entity_parameters(raw: RawRequest) -> Values:
    """The id in the path and, for POST and PUT, the fields in the body; with POST the client chooses the id."""
    path = path_id(raw, MAX_CHOSEN_ID if raw.method == "POST" else MAX_ID)
    return path if raw.method in ("GET", "DELETE") else json_object(raw) | path


def list_parameters(raw: RawRequest) -> Values:
    """The id in the path, and `page` and `filter` of the query as text."""
    path, given = path_id(raw), query_texts(raw)
    return path | {name: texts[-1] for name, texts in given.items() if name in ("page", "filter")}


def link_parameters(raw: RawRequest) -> Values:
    """The id in the path, and `ids` if the body or the query has some; raises DialectError, StandardError.

    A body or query that gives something else instead of ids is refused: to DELETE, no ids means all of them.
    """
    path = path_id(raw)
    given = _body_ids(raw)
    if given in NO_IDS:
        given = _query_ids(raw)
    return path if given in NO_IDS else path | {"ids": _check_ids(given)}


def path_id(raw: RawRequest, largest: int = MAX_ID) -> Values:
    """The id in the path if it has one; raises DialectError."""
    if "id" not in raw.path:
        return {}
    digits = raw.path["id"]
    if not re.fullmatch("[0-9]{1,16}", digits) or not 1 <= int(digits) <= largest:
        raise DialectError(BAD_ID)
    return {"id": int(digits)}


def query_texts(raw: RawRequest) -> dict[str, list[str]]:
    """The texts of the query by name; bytes that are not UTF-8 become surrogates, which no check accepts."""
    texts: dict[str, list[str]] = {}
    for name, text in parse_qsl(raw.query.decode(errors="surrogateescape"), True, errors="surrogateescape"):
        texts.setdefault(name, []).append(text)
    return texts


def parse_object(name: str, text: str) -> Values:
    """Parse the JSON object that a query parameter contains as text; raises DialectError."""
    try:
        value = json_value(text.encode(errors="surrogateescape"))
    except (StandardError, UnicodeError):
        value = None
    if not isinstance(value, dict):
        raise DialectError(Failure(400, f"{name} must be a JSON object"))
    return value


def _body_ids(raw: RawRequest) -> Any:
    given = json_value(raw.body) if raw.body else None
    if not isinstance(given, dict):
        return given
    return _require_ids(given.get("ids"), given)


def _query_ids(raw: RawRequest) -> Any:
    given = query_texts(raw)
    members = [text for name, texts in given.items() if LIST_MEMBER.fullmatch(name) for text in texts]
    if not members:
        return _require_ids(",".join(given.get("ids", [])), given)
    return ",".join([*given.get("ids", []), *members]) or members


def _require_ids(ids: Any, given: Values | dict[str, list[str]]) -> Any:
    if ids in NO_IDS and given.keys() - {"ids"}:
        raise DialectError(IDS_MISSING)
    return ids


def _check_ids(given: Any) -> Any:
    try:
        if isinstance(given, int):
            return [NUMBER(given)]
        return ID_LIST(given.split(",") if isinstance(given, str) else given)
    except FieldError:
        raise DialectError(BAD_IDS) from None
