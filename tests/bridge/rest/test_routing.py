"""Which dialect and which endpoint answers a path."""

import pytest

from bridge.rest.dialect import Endpoint
from bridge.rest.routing import UNREADABLE, RouteTable, dialect_name, split_path

TABLE = RouteTable(
    Endpoint(method, path, "user.get")
    for method, path in (("GET", "/user/{username}"), ("POST", "/user"), ("PUT", "/user/me"), ("GET", "/a/{x}/b"))
)


@pytest.mark.parametrize(
    ("path", "name"),
    [
        ("/user", "foreseen"), ("/user/", "foreseen"), ("/user/a/b", "foreseen"), ("/integration/x", "foreseen"),
        ("/%75ser", "foreseen"), ("/users", None), ("/User", None), ("/user%2Fx", None), ("//user", None),
        ("/api/user", "rbac"), ("/api/resource-type/1", "rbac"), ("/api/role/1/resource", "rbac"),
        ("/api", "starcedu"), ("/api/users", "starcedu"), ("/api/local/user/signin", "starcedu"), ("/api/", "starcedu"),
        ("/v1", "passport"), ("/v1/user/find", "passport"), ("/v1/role", "passport"), ("/v1/userss", "passport"),
        ("/v1/users", "usermgmt"), ("/v1/users/password", "usermgmt"), ("/v1/identity/sms", "usermgmt"),
        ("/auth/login", "usermgmt"), ("/login", "usermgmt"), ("/password", "usermgmt"), ("/action/x", "usermgmt"),
        ("/", None), ("", None), ("*", None), ("/health/live", None), ("/v2/user", None),
    ],
)  # fmt: skip
def test_a_path_belongs_to_one_dialect(path: str, name: str | None) -> None:
    assert dialect_name(split_path(path.encode())) == name


@pytest.mark.parametrize(
    ("path", "segments"),
    [
        ("/a/b", ("a", "b")), ("/a/", ("a", "")), ("/a%2Fb", ("a/b",)), ("/%E7%94%A8", ("用",)),
        ("/a%2520b", ("a%20b",)), ("/a+b", ("a+b",)), ("/%zz", ("%zz",)), ("/%ff", (UNREADABLE,)), ("/..", ("..",)),
    ],
)  # fmt: skip
def test_segments_are_decoded_once(path: str, segments: tuple[str, ...]) -> None:
    assert split_path(path.encode()) == segments


@pytest.mark.parametrize(
    ("path", "verbs", "variables"),
    [
        ("/user", {"POST"}, {}),
        ("/user/ada", {"GET"}, {"username": "ada"}),
        ("/user/me", {"PUT"}, {}),
        ("/a/1/b", {"GET"}, {"x": "1"}),
        ("/user/{username}", {"GET"}, {"username": "{username}"}),
        ("/user/", set(), {}),
        ("/a//b", set(), {}),
        ("/a/1/c", set(), {}),
        ("/", set(), {}),
    ],
)
def test_exact_segments_find_a_route(path: str, verbs: set[str], variables: dict[str, str]) -> None:
    found, named = TABLE.find(split_path(path.encode()))
    assert (set(found), named) == (verbs, variables)
