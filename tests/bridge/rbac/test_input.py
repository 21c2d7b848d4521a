"""Bad input for every endpoint of rbac: a response below 500 in the dialect's shape, whatever is sent."""

from typing import Any

import httpx
import pytest

from bridge.dialects.rbac.endpoints import ENDPOINTS
from tests.support.hostile_input import NOT_JSON, NOT_OBJECTS, long_text
from tests.support.rbac import NOBODY, assert_refused, create_id, error

MIB = 1_048_576


ROUTES = [(endpoint.method, endpoint.path) for endpoint in ENDPOINTS]


LINK_ROUTES = [
    (endpoint.method, endpoint.path)
    for endpoint in ENDPOINTS
    if endpoint.path.count("/") == 4 and endpoint.method != "GET"
]


WRITE_ROUTES = [route for route in ROUTES if route[0] in ("POST", "PUT") and route not in LINK_ROUTES]


PATHS = sorted({path for _, path in ROUTES})


NOT_IDS = [
    "-1", "0", "x", "1.0", "1e3", "1%20or%201=1", "%7B%22$gt%22:%22%22%7D", "%00", "%ff", "%zz", "%", "%20", "+1",
    "1%2F2", "%EF%BC%91", str(2**53), str(2**63), "9" * 5000, "a" * 10_000, "null", "1,2", "%C0%80",
]  # fmt: skip


def path_with_id(path: str, given: Any = NOBODY) -> str:
    return path.replace("{id}", str(given))


async def test_every_route_of_the_contract_is_there() -> None:
    assert len(ROUTES) == len({*ROUTES}) == 30 + 3 + 8 + 8
    assert len(LINK_ROUTES) == 8


@pytest.mark.parametrize(("method", "path"), ROUTES)
async def test_a_token_comes_first(http: httpx.AsyncClient, method: str, path: str) -> None:
    for given in ("", "Bearer wrong", "Basic YTpi", "Bearer", http.headers["authorization"].removeprefix("Bearer ")):
        answer = await http.request(method, path_with_id(path, "x"), content=b"{", headers={"Authorization": given})
        assert (answer.status_code, answer.json()) == (401, error(401, "unauthorized"))
    cased = {"Authorization": http.headers["authorization"].replace("Bearer", "bEARER")}
    assert (await http.request(method, path_with_id(path), headers=cased)).status_code != 401


@pytest.mark.parametrize(("method", "path"), [route for route in ROUTES if "{id}" in route[1]])
async def test_an_id_is_a_positive_integer_before_anything_is_read(
    http: httpx.AsyncClient, method: str, path: str
) -> None:
    for given in NOT_IDS:
        answer = await http.request(method, f"{path_with_id(path, given)}?page=x&ids=x", content=b"{")
        assert_refused(answer, 400, "id must be a positive integer")


@pytest.mark.parametrize(("method", "path"), WRITE_ROUTES)
async def test_a_body_is_a_json_object(http: httpx.AsyncClient, method: str, path: str) -> None:
    for body in (b"", *NOT_JSON):
        for media in ("application/json", "text/plain", "application/x-www-form-urlencoded"):
            answer = await http.request(method, path_with_id(path, 1), content=body, headers={"Content-Type": media})
            assert_refused(answer, 400, "request body is not valid JSON")
    for body in NOT_OBJECTS:
        answer = await http.request(method, path_with_id(path, 1), content=body)
        assert_refused(answer, 400, "request body must be a JSON object")


@pytest.mark.parametrize(("method", "path"), LINK_ROUTES)
async def test_a_body_of_links_is_json(http: httpx.AsyncClient, method: str, path: str) -> None:
    for body in NOT_JSON:
        answer = await http.request(method, path_with_id(path), content=body)
        assert_refused(answer, 400, "request body is not valid JSON")


@pytest.mark.parametrize(("method", "path"), ROUTES)
async def test_a_body_over_1_mib_is_too_large_before_the_token(http: httpx.AsyncClient, method: str, path: str) -> None:
    answer = await http.request(
        method, path_with_id(path, "x"), content=b"x" * (MIB + 1), headers={"Authorization": ""}
    )
    assert_refused(answer, 413, "request body too large")


@pytest.mark.parametrize("path", PATHS)
async def test_other_verbs_are_refused_before_authentication(http: httpx.AsyncClient, path: str) -> None:
    allowed = {method for method, known in ROUTES if known == path}
    for method in {"GET", "POST", "PUT", "DELETE", "PATCH", "TRACE"} - allowed:
        answer = await http.request(method, path_with_id(path, "x"), content=b"{", headers={"Authorization": ""})
        assert_refused(answer, 405, "method not allowed")
        assert allowed <= {verb.strip() for verb in answer.headers["allow"].split(",")}


@pytest.mark.parametrize("path", PATHS)
async def test_other_routes_are_unknown_before_authentication(http: httpx.AsyncClient, path: str) -> None:
    for end in ("/", "/1/2/3/4", "//", "/group/role/x", "/%2e%2e"):
        if path.endswith("}") or end != "/%2e%2e":
            assert_refused(
                await http.get(path_with_id(path, 1) + end, headers={"Authorization": ""}), 404, "route not found"
            )


VALUES: list[Any] = [None, "", long_text(), 0, -1, 2**63 - 1, 1.5, True, [], [None], {}, {"$gt": ""}, "\0"]


@pytest.mark.parametrize(("method", "path"), WRITE_ROUTES)
async def test_the_same_bad_value_everywhere_is_refused(http: httpx.AsyncClient, method: str, path: str) -> None:
    keys = ("id", "email", "name", "code", "app_id", "resource_type_id", "detail")
    for value in VALUES:
        answer = await http.request(method, path_with_id(path), json=dict.fromkeys(keys, value))
        assert 400 <= answer.status_code < 500, value
        assert answer.json() == error(answer.status_code, answer.json()["message"])


@pytest.mark.parametrize(("method", "path"), ROUTES)
async def test_bodies_and_queries_that_are_not_asked_for_do_no_harm(
    http: httpx.AsyncClient, method: str, path: str
) -> None:
    row = await create_id(http, path.split("/")[2]) if "{id}" in path else 1
    for content in (b"", b"\0", b"{", b"[[[", long_text().encode()):
        answer = await http.request(method, f"{path_with_id(path, row)}?{'a=1&' * 2000}b=%ff&%=&=", content=content)
        assert answer.status_code < 500
        assert answer.json()["status"] == str(answer.status_code)
