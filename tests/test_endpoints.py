"""The tables of the dialects are complete, without a server."""

from pathlib import Path

import jsonschema_rs
import pytest

from access.service_grants import PROGRAMS
from bridge.rest.dialect import Dialect, Endpoint
from bridge.rest.fields import schema_of
from bridge.rest.routing import dialect_name, split_path
from contracts.catalog import CATALOG
from tests.support.dialects import DIALECT_NAMES, ENDPOINT_NAMES, ENDPOINTS

FOLDER = Path(__file__).parents[1] / "bridge" / "dialects"
# A flag that is looked at only if it is true: whatever else it may be is no fault.
ANYTHING = {"autoSignin"}


def test_every_dialect_is_served() -> None:
    folders = {file.parent.name for file in FOLDER.glob("*/dialect.py")}
    assert folders ^ {*DIALECT_NAMES} == set(), "create it in bridge/app.py"


@pytest.mark.parametrize(("dialect", "endpoint"), ENDPOINTS, ids=ENDPOINT_NAMES)
def test_the_path_of_an_endpoint_leads_to_its_dialect(dialect: Dialect, endpoint: Endpoint) -> None:
    assert dialect_name(split_path(endpoint.path.encode())) == dialect.name


@pytest.mark.parametrize(("_", "endpoint"), ENDPOINTS, ids=ENDPOINT_NAMES)
def test_the_request_of_an_endpoint_is_in_the_catalogue(_: Dialect, endpoint: Endpoint) -> None:
    assert endpoint.request_name in CATALOG


@pytest.mark.parametrize(("_", "endpoint"), ENDPOINTS, ids=ENDPOINT_NAMES)
def test_the_bridge_may_send_the_request_of_an_endpoint(_: Dialect, endpoint: Endpoint) -> None:
    assert endpoint.request_name in PROGRAMS["bridge"].requests, "add it in access/service_grants.py"


@pytest.mark.parametrize(("dialect", "endpoint"), ENDPOINTS, ids=ENDPOINT_NAMES)
def test_an_endpoint_documents_what_it_does_takes_and_returns(dialect: Dialect, endpoint: Endpoint) -> None:
    assert endpoint.doc.summary, "give the endpoint a Doc with a summary"
    if endpoint.doc.response_media_type:
        assert endpoint.doc.response_schema, "give its Doc a response_schema"
        assert endpoint.doc.response_example is not None, "give its Doc a response_example"
        jsonschema_rs.Draft202012Validator({**endpoint.doc.response_schema}).validate(endpoint.doc.response_example)
    assert (
        endpoint.doc.request_example is not None
        or not endpoint.fields
        or endpoint.method in ("GET", "DELETE")
        or endpoint.doc.request_schema
    )
    assert [field.key for field in endpoint.fields if not schema_of(field.check) and field.key not in ANYTHING] == []
    assert [
        code for code in endpoint.doc.problem_codes if code not in endpoint.refusals and code not in dialect.refusals
    ] == [], "give it a Failure in REFUSALS of the dialect, or in refusals of the endpoint"
