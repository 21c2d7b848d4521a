"""The systems whose files are read: one module each in `cli.imports.systems`, found by its name."""

from importlib import import_module
from pkgutil import iter_modules

from cli.imports import systems
from cli.imports.system import System


def system_names() -> list[str]:
    """The names of all systems."""
    return [module.name for module in iter_modules(systems.__path__)]


def find_system(name: str) -> System:
    """Return the system of this name."""
    system: System = import_module(f"{systems.__name__}.{name}").SYSTEM
    return system
