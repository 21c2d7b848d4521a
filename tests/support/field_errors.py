"""Errors of fields."""

from typing import Any

import pytest

from bridge.rest.fields import Check, FieldError


def error_of(check: Check, value: Any) -> FieldError:
    """The error that a check raises for a value."""
    with pytest.raises(FieldError) as raised:
        check(value)
    return raised.value
