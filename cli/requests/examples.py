"""An invocation of each command that can be copied: the option values in its `--help`."""

import json
import shlex
from collections.abc import Mapping
from typing import Any

from contracts.asyncapi.examples import REQUESTS, example
from contracts.entry import Entry

# Where that of the contract's documents, or the required fields alone, would say little.
TELLING: Mapping[str, Mapping[str, Any]] = {
    "app.create": {"code": "WIKI", "name": "Wiki"},
    "app.update": {"id": 42, "name": "Wiki"},
    "group.create": {"code": "SALES", "name": "Sales", "app_id": 1},
    "group.leave": {"user_id": 42, "group_ids": [7]},
    "group.update": {"id": 42, "name": "Sales"},
    "group.withdraw": {"group_id": 42, "role_ids": [7]},
    "integration.create": {"name": "lark"},
    "resource.create": {"app_id": 1, "code": "page.users", "resource_type_id": 1},
    "resource.update": {"id": 42, "code": "page.users"},
    "resource_type.create": {"code": "PAGE", "name": "Page"},
    "resource_type.update": {"id": 42, "name": "Page"},
    "role.create": {"name": "Editors", "app_id": 1},
    "role.revoke": {"user_id": 42, "role_ids": [7]},
    "role.set_status": {"id": 42, "status": -1},
    "role.update": {"id": 42, "name": "Editors"},
    "role.withdraw": {"role_id": 42, "resource_ids": [7]},
    "session.attach_identity": {"provider": "lark", "subject": "ou_1"},
    "tenant.create": {"id": "acme", "title": "Acme"},
    "tenant.delete": {"id": "acme"},
    "tenant.get": {"id": "acme"},
    "tenant.update": {"id": "acme", "title": "Acme"},
    "tenant.verify": {"id": "acme", "secret": ""},
    "user.check_taken": {"username": "ada"},
    "user.set_root": {"id": 42, "root": 1},
    "user.set_status": {"id": 42, "status": -1},
    "user.update": {"id": 42, "name": "Ada"},
    "webhook.update": {"id": 42, "events": ["user.*"]},
}


def example_values(entry: Entry) -> Mapping[str, Any]:
    """The fields of a request that makes sense."""
    schema = entry.message.model_json_schema()
    return TELLING.get(entry.name) or REQUESTS.get(entry.name) or example(schema, schema.get("$defs", {}))


def write_value(value: Any) -> str:
    """A field's value as a shell takes it."""
    if isinstance(value, list) and value and all(isinstance(part, int) for part in value):
        return ",".join(map(str, value))
    return shlex.quote(value if isinstance(value, str) else json.dumps(value))
