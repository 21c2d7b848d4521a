"""A request's bytes and a reply's meaning: the one place where secrets leave their wrapping."""

import json
from datetime import datetime
from typing import Any

from pydantic import SecretStr, ValidationError

from client.errors import Internal, error_of
from contracts.base import Message, View
from contracts.problem import Problem
from contracts.reply import REPLY, Failed
from contracts.types import timestamp


def encode(message: Message) -> bytes:
    """The JSON body of a request: the fields that were given, secrets in clear."""
    given = message.model_dump(exclude_unset=True)
    return json.dumps(given, default=_reveal, ensure_ascii=False, separators=(",", ":")).encode()


def decode(name: str, expected: type[View], body: bytes) -> View:
    """The view in a reply to `name`; raises the problem of a failed reply, and Internal for bytes that are no reply."""
    try:
        reply = REPLY.validate_json(body)
        if not isinstance(reply, Failed):
            return expected.model_validate(reply.data)
    except ValidationError as error:
        raise Internal(_undecodable(name)) from error
    raise error_of(reply.problem)


def _reveal(value: Any) -> str:
    if isinstance(value, SecretStr):
        return value.get_secret_value()
    if isinstance(value, datetime):
        return timestamp(value)
    raise TypeError(
        f"a {type(value).__name__} cannot travel on the bus: expected plain JSON values, a time or a SecretStr"
    )


def _undecodable(name: str) -> Problem:
    text = f"The reply to {name} is not what the catalogue promises: bring service and client to one version."
    return Problem(kind="internal", code="reply.undecodable", message=text)
