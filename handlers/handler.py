"""What a handler is: an async function of a request and a unit of work."""

from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from models.unit import Unit

Handler = Callable[[Any, Unit], Awaitable[Any]]
Handlers = Mapping[str, Handler]
