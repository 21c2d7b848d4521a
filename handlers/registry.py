"""Every request's handler, collected from this package's modules.

`HANDLERS` has the handler of each request. `GROUPED` names the commands that may share a transaction with others: those
of which every read is either the condition of a write or repeated by one (a unique index, a lock row).
"""

from importlib import import_module
from pathlib import Path
from pkgutil import iter_modules
from types import ModuleType

from handlers.handler import Handlers


def _modules() -> list[ModuleType]:
    package = __name__.rpartition(".")[0]
    return [import_module(f"{package}.{found.name}") for found in iter_modules([str(Path(__file__).parent)])]


HANDLERS: Handlers = {
    name: handler for module in _modules() for name, handler in getattr(module, "HANDLERS", {}).items()
}
GROUPED = frozenset(name for module in _modules() for name in getattr(module, "GROUPED", ()))
