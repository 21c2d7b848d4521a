"""The type of handlers: async functions of a request and a unit of work."""

from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from models.unit_of_work import UnitOfWork

Handler = Callable[[Any, UnitOfWork], Awaitable[Any]]
Handlers = Mapping[str, Handler]
