"""A request's fields as options of a command, and options as values of the fields."""

import inspect
import json
from datetime import UTC, datetime
from typing import Any, get_args

import typer
from pydantic import TypeAdapter, ValidationError
from pydantic.fields import FieldInfo

from cli.dead.options import duration
from cli.password import read_password
from cli.requests.examples import example_values, write_value
from cli.who import HELP, user_fields
from contracts.entry import Entry


def parameters(entry: Entry) -> list[inspect.Parameter]:
    """The parameters of a command: the field that says which row is its argument, the others are options."""
    fields, subject = entry.message.model_fields, _subject(entry)
    users = user_fields(entry)
    made = [
        _parameter(name, field, is_argument=name == subject, help=HELP if name in users else None)
        for name, field in fields.items()
    ]
    return sorted(made, key=lambda parameter: parameter.name != subject)


def usage(entry: Entry) -> str:
    """An invocation that makes sense, as `42 --resource-ids 7`; secrets are asked for."""
    fields, subject, values = entry.message.model_fields, _subject(entry), example_values(entry)
    words = [write_value(values[subject])] if subject and subject in values else []
    for name, value in values.items():
        if name != subject:
            words += [_option(name)] if _is_secret(fields[name]) else [_option(name), write_value(value)]
    return " ".join(words)


def field_values(entry: Entry, options: dict[str, Any]) -> dict[str, Any]:
    """The values of the fields that options were given for; secrets are asked for."""
    fields = entry.message.model_fields
    given = {name: value for name, value in options.items() if value is not None}
    asked = {name: value for name, value in given.items() if value is not False or not _is_secret(fields[name])}
    return {name: _value(name, fields[name], text) for name, text in asked.items()}


def _subject(entry: Entry) -> str | None:
    if entry.name.endswith(".create"):
        return None
    fields = entry.message.model_fields
    keys = [name for name, field in fields.items() if name.endswith("_id") and field.is_required()]
    return "id" if "id" in fields else keys[0] if keys else None


def _parameter(name: str, field: FieldInfo, *, is_argument: bool, help: str | None) -> inspect.Parameter:
    kind = inspect.Parameter.KEYWORD_ONLY
    if is_argument:
        default = typer.Argument(... if field.is_required() else None, show_default=False, help=help)
        return inspect.Parameter(name, kind, default=default, annotation=str)
    if _is_secret(field):
        default = typer.Option(False, _option(name), help="Ask for it, or read it from standard input.")
        return inspect.Parameter(name, kind, default=default, annotation=bool)
    if field.annotation is bool:
        return inspect.Parameter(name, kind, default=typer.Option(None, show_default=False), annotation=bool)
    default = typer.Option(None, _option(name), metavar=_metavar(field), show_default=False, help=help)
    return inspect.Parameter(name, kind, default=default, annotation=str)


def _value(name: str, field: FieldInfo, given: Any) -> Any:
    """The first reading of a text that fits: as it is, as JSON, as a JSON list without brackets, as an age."""
    if given is True and _is_secret(field):
        return read_password(name.replace("_", " ").capitalize())
    if isinstance(given, bool):
        return given
    fits = TypeAdapter[Any](field.annotation or str)
    readings = [given, *_from_json(given), *_from_json(f"[{given}]"), *_from_age(given)]
    return next((value for value in readings if _is_valid(fits, value)), given)  # the contract says what is wrong


def _from_json(text: str) -> list[Any]:
    try:
        return [json.loads(text)]
    except ValueError:
        return []


def _from_age(text: str) -> list[str]:
    try:
        return [(datetime.now(UTC) - duration(text)).isoformat()]
    except typer.BadParameter:
        return []


def _is_valid(fits: TypeAdapter[Any], value: Any) -> bool:
    try:
        fits.validate_json(json.dumps(value), strict=True)
    except ValidationError:
        return False
    return True


def _is_secret(field: FieldInfo) -> bool:
    return "SecretStr" in str(field.annotation)


def _metavar(field: FieldInfo) -> str:
    choices = [value for part in (field.annotation, *get_args(field.annotation)) for value in get_args(part)]
    if choices and all(isinstance(value, (str, int)) for value in choices):
        return "|".join(map(str, choices))
    is_number = int in _leaf_types(field.annotation)
    if "list[" in str(field.annotation):
        return "N,N" if is_number else "JSON"
    if any("datetime" in kind.__name__.lower() for kind in _leaf_types(field.annotation)):
        return "TIME|AGE"
    return "N" if is_number else "TEXT"


def _leaf_types(annotation: Any) -> set[type]:
    if isinstance(annotation, type) and not get_args(annotation):
        return {annotation}
    return set[type]().union(*(_leaf_types(part) for part in get_args(annotation)))


def _option(name: str) -> str:
    return f"--{name.replace('_', '-')}"
