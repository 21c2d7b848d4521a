"""Integrations of foreseen: the systems in which users have accounts."""

from typing import Any

from bridge.dialects.foreseen.common import INTEGRATION_UNKNOWN, LINE, NAME
from bridge.rest.checks import list_of, max_length, require_printable, text
from bridge.rest.dialect import CheckedRequest, DialectError, Doc, Endpoint
from bridge.rest.fields import FieldError, InputField, Values, check_fields
from bridge.rest.schema import INTEGER, TEXT, closed_object
from contracts.integrations import IntegrationView

SECRETS = list_of(text(max_length(255), require_printable, trim=False), 4)
CREATE = (InputField("name", NAME), InputField("secrets", SECRETS, required=False))
UPDATE = (InputField("secrets", SECRETS),)

REFUSALS = {"integration.not_found": INTEGRATION_UNKNOWN}
SCHEMA = closed_object(integration_id=INTEGER, integration_name=TEXT)
EXAMPLE = {"integration_id": 7, "integration_name": "lark"}


def path_name_and_fields(request: CheckedRequest) -> Values:
    """The name in the path and the fields; a name that no integration can have is unknown."""
    try:
        return check_fields((InputField("name", LINE),), request.raw.path) | request.values
    except FieldError:
        raise DialectError(INTEGRATION_UNKNOWN) from None


def integration(view: IntegrationView) -> dict[str, Any]:
    """An integration without its secrets."""
    return {"integration_id": view.id, "integration_name": view.name}


def _doc(summary: str, *problem_codes: str, example: Any = None) -> Doc:
    return Doc(
        summary=summary, response_schema=SCHEMA, response_example=EXAMPLE, problem_codes=problem_codes,
        request_example=example,
    )  # fmt: skip


ENDPOINTS = (
    Endpoint(
        "POST", "/integration", "integration.create", CREATE, write=integration,
        doc=_doc("Create an integration", "integration.name_taken", example={"name": "lark", "secrets": ["s3cret"]}),
    ),
    Endpoint(
        "GET", "/integration/{name}", "integration.get", read=path_name_and_fields, write=integration,
        refusals=REFUSALS, doc=_doc("Read an integration", "integration.not_found"),
    ),
    Endpoint(
        "PUT", "/integration/{name}", "integration.update", UPDATE, read=path_name_and_fields, write=integration,
        refusals=REFUSALS,
        doc=_doc("Replace the secrets of an integration", "integration.not_found", example={"secrets": ["s3cret"]}),
    ),
    Endpoint(
        "DELETE", "/integration/{name}", "integration.delete", read=path_name_and_fields, write=integration,
        refusals=REFUSALS, doc=_doc("Delete an unused integration", "integration.not_found", "integration.in_use"),
    ),
)  # fmt: skip
