"""A request's bytes and a reply's meaning: the one place where secrets leave their wrapping."""

import json
from typing import Any

from pydantic import SecretStr, ValidationError

from contracts.base import Message, View
from contracts.catalog import CATALOG
from contracts.problem import Problem
from contracts.reply import REPLY, Failed


class Refused(Exception):
    """The request was answered with a problem."""

    def __init__(self, problem: Problem) -> None:
        super().__init__(f"{problem.code}: {problem.message}")
        self.problem = problem


def encode(message: Message) -> bytes:
    """The JSON body of a request: the fields that were given, secrets in clear."""
    given = message.model_dump(exclude_unset=True)
    return json.dumps(given, default=_reveal, ensure_ascii=False, separators=(",", ":")).encode()


def decode(name: str, body: bytes) -> View:
    """The view in a reply to `name`; raises Refused for a failed reply and for bytes that are no reply to it."""
    try:
        reply = REPLY.validate_json(body)
        if not isinstance(reply, Failed):
            return CATALOG[name].reply.model_validate(reply.data)
    except ValidationError as error:
        raise Refused(_undecodable(name)) from error
    raise Refused(reply.problem)


def _reveal(value: Any) -> str:
    if isinstance(value, SecretStr):
        return value.get_secret_value()
    raise TypeError(f"a {type(value).__name__} cannot travel on the bus: expected plain JSON values or a SecretStr")


def _undecodable(name: str) -> Problem:
    text = f"The reply to {name} is not what the catalogue promises: bring worker and bridge to one version."
    return Problem(kind="internal", code="reply.undecodable", message=text)
