"""foreseen's integrations: the systems at which users have accounts."""

from typing import Any

from bridge.dialect import Doc, Rejected, Request, Row
from bridge.dialects.foreseen.words import INTEGRATION_UNKNOWN, NAME, TEXT
from bridge.fields import Fault, Field, Values, checked, each, longest, printable, text
from bridge.schema import INTEGER, exactly
from bridge.schema import TEXT as SHOWN
from contracts.integrations import IntegrationView

SECRETS = each(text(longest(255), printable, trim=False), 4)
CREATE = (Field("name", NAME), Field("secrets", SECRETS, required=False))
UPDATE = (Field("secrets", SECRETS),)

UNKNOWN = {"integration.not_found": INTEGRATION_UNKNOWN}
INTEGRATION = exactly(integration_id=INTEGER, integration_name=SHOWN)
EXAMPLE = {"integration_id": 7, "integration_name": "lark"}


def by_name(request: Request) -> Values:
    """The integration that the path names, and the fields; a text that no integration can have names none."""
    try:
        return checked((Field("name", TEXT),), request.ask.path) | request.values
    except Fault:
        raise Rejected(INTEGRATION_UNKNOWN) from None


def integration(view: IntegrationView) -> dict[str, Any]:
    """An integration without its secrets."""
    return {"integration_id": view.id, "integration_name": view.name}


def _doc(does: str, *raises: str, asks: Any = None) -> Doc:
    return Doc(does=does, shows=INTEGRATION, example=EXAMPLE, raises=raises, asks=asks)


ROWS = (
    Row(
        "POST", "/integration", "integration.create", CREATE, write=integration,
        doc=_doc("Create an integration", "integration.name_taken", asks={"name": "lark", "secrets": ["s3cret"]}),
    ),
    Row(
        "GET", "/integration/{name}", "integration.get", read=by_name, write=integration, refusals=UNKNOWN,
        doc=_doc("Read an integration", "integration.not_found"),
    ),
    Row(
        "PUT", "/integration/{name}", "integration.update", UPDATE, read=by_name, write=integration, refusals=UNKNOWN,
        doc=_doc("Replace the secrets of an integration", "integration.not_found", asks={"secrets": ["s3cret"]}),
    ),
    Row(
        "DELETE", "/integration/{name}", "integration.delete", read=by_name, write=integration, refusals=UNKNOWN,
        doc=_doc("Delete an unused integration", "integration.not_found", "integration.in_use"),
    ),
)  # fmt: skip
