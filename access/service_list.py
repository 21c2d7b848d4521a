"""The list of services: a TOML file with one table a service."""

import json
import re
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from access.service_grants import ServiceIdentity, ServiceInvalid, check_service

_KINDS = {"may": list, "events": list, "plain": bool, "trusted": bool, "password_hash": str}


def read_services(file: Path) -> dict[str, ServiceIdentity]:
    """Return the services of the file by name; none where there is no file. Raises `ServiceInvalid`."""
    if not file.exists():
        return {}
    try:
        tables = tomllib.loads(file.read_text())
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise ServiceInvalid(f"{file}: {error}") from error
    return {name: _service(name, table) for name, table in tables.items()}


def add_service(file: Path, service: ServiceIdentity) -> None:
    """Append a service to the file. Raises `ServiceInvalid` if it is wrong or the file has one of its name."""
    check_service(service)
    if service.name in read_services(file):
        raise ServiceInvalid(f"{service.name} is in {file} already: remove it first")
    text = file.read_text() if file.exists() else ""
    _write(file, f"{text.rstrip()}\n\n{_table(service)}".lstrip())


def find_service(file: Path, name: str) -> ServiceIdentity:
    """Return the file's service of this name. Raises `ServiceInvalid` if there is none."""
    services = read_services(file)
    if name not in services:
        raise ServiceInvalid(f"{file} has no service {name}")
    return services[name]


def remove_service(file: Path, name: str) -> None:
    """Cut a service's table out of the file; comments elsewhere stay. Raises `ServiceInvalid` if there is none."""
    find_service(file, name)
    table = rf"^\[{re.escape(name)}\][^\n]*\n(?:(?!\[)[^\n]*\n?)*"
    _write(file, re.sub(table, "", file.read_text(), flags=re.M))


def _service(name: str, table: object) -> ServiceIdentity:
    if not isinstance(table, Mapping):
        raise ServiceInvalid(f"{name}: a service is a table, [{name}]")
    service = ServiceIdentity(name, **{key: _field_value(name, key, value) for key, value in table.items()})
    check_service(service)
    return service


def _field_value(name: str, key: str, value: Any) -> Any:
    kind = _KINDS.get(key)
    if kind is None or not isinstance(value, kind):
        raise ServiceInvalid(f"{name}: {key} is none of {', '.join(_KINDS)}, or of another type")
    if not isinstance(value, list):
        return value
    if not all(isinstance(item, str) for item in value):
        raise ServiceInvalid(f"{name}: {key} is a list of texts")
    return tuple(value)


def _table(service: ServiceIdentity) -> str:
    fields = {key: getattr(service, key) for key in _KINDS}
    default = ServiceIdentity(service.name)
    given = {key: value for key, value in fields.items() if value != getattr(default, key)}
    # a JSON text, list or boolean is TOML as well
    lines = [f"{key} = {json.dumps(value)}\n" for key, value in given.items()]
    return f"[{service.name}]\n{''.join(lines)}"


def _write(file: Path, text: str) -> None:
    # in place, not by a rename: the file may be mounted into a container, and readers try again
    file.write_text(text)
