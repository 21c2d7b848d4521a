"""Events without personal data: the fields that a view names as personal are blank."""

from collections.abc import Mapping
from types import NoneType
from typing import Any, get_args

from pydantic import BaseModel

from contracts.base import View


def blank_personal(view: type[View], data: Mapping[str, Any]) -> dict[str, Any]:
    """Return the data of a view with its personal fields blank, nested views included; it fits the view still.

    Blank is null where the view allows it, else "".
    """
    return {name: _value(view, name, value) for name, value in data.items()}


def _value(view: type[View], name: str, value: Any) -> Any:
    field = view.model_fields.get(name)
    if field is None:
        return value
    parts = _parts(field.annotation)
    if name in view.personal:
        return None if NoneType in parts or Any in parts else ""
    nested = next((part for part in parts if isinstance(part, type) and issubclass(part, View)), None)
    if nested is None:
        return value
    if isinstance(value, list):
        return [blank_personal(nested, item) for item in value]
    return blank_personal(nested, value) if isinstance(value, dict) else value


def _parts(annotation: Any) -> list[Any]:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return [annotation]
    inner = get_args(annotation)
    return [part for argument in inner for part in _parts(argument)] if inner else [annotation]
