"""Bad input for every endpoint of usermgmt, on the whole stack."""

from typing import Any

import httpx
import pytest

from tests.support.hostile_input import NOT_JSON, NOT_OBJECTS, NOT_TEXTS, WHITE, long_text
from tests.support.usermgmt import LOGIN, PASSWORD, SECRET, SMS, UNIQUENESS, USERS, assert_error, person

EMPTY, TEXT, LONG, FORMAT = "must not be empty", "must be a string", "is too long", "format is invalid"
FORM = {"Content-Type": "application/x-www-form-urlencoded"}
JSON_ROWS = [
    ("POST", USERS), ("PUT", PASSWORD), ("PUT", "/v1/users/password"), ("POST", UNIQUENESS),
    ("POST", "/v1/users/action/uniqueness"), ("POST", SMS),
]  # fmt: skip
TELEPHONES = [
    "12812345678",
    "1381234567",
    "138123456789",
    "+8613812345678",
    "1381234567a",
    "138123４5678",
    "13812345678\0",
]
CODES = ["12345", "1234567", "12345a", "１２３４５６", "-12345", "1 2345"]
WEAK = ["12.qw", "1234567", "abcdefg", ".......", "1234abc", "123....", "abc....", "密码1...", "1.qwe\0", "1.qwe\n"]
NAMES = [
    "abcde",
    "1abcdef",
    "_abcdef",
    "abc def",
    "abc-def",
    "用户名用户名",
    "abcdef.",
    "a" * 31,
    "abcdef\0",
    "ABCDEFé",
]
BAD: dict[str, list[tuple[str, list[Any]]]] = {
    "username": [(FORMAT, NAMES), (LONG, ["a" * 256, long_text()])],
    "company": [(FORMAT, ["a\0b", "a\x7f", "a\tb"]), (LONG, ["a" * 51, long_text()])],
    "gender": [(FORMAT, ["a\0b"]), (LONG, ["性" * 11, long_text()])],
    "telephone": [(FORMAT, TELEPHONES), (LONG, [long_text()])],
    "password": [(FORMAT, WEAK), (LONG, ["1.q" + "e" * 16, long_text()])],
    "verificationCode": [(FORMAT, CODES), (LONG, [long_text()])],
}


def reset(**changed: Any) -> dict[str, Any]:
    return {"telephone": "13812345678", "newPassword": SECRET, "verificationCode": "123456", **changed}


@pytest.mark.parametrize("field", BAD)
async def test_the_first_violation_of_a_field_of_registration_is_reported(
    visitor: httpx.AsyncClient, field: str
) -> None:
    for violation, values in ((TEXT, NOT_TEXTS), (EMPTY, WHITE), *BAD[field]):
        for value in values:
            answer = await visitor.post(USERS, json=person(**{field: value}))
            assert_error(answer, 400, f"{field}:{violation}.")


@pytest.mark.parametrize(
    ("field", "like"),
    [("telephone", "telephone"), ("newPassword", "password"), ("verificationCode", "verificationCode")],
)
async def test_the_first_violation_of_a_field_of_a_reset_is_reported(
    visitor: httpx.AsyncClient, field: str, like: str
) -> None:
    for violation, values in ((TEXT, NOT_TEXTS), (EMPTY, [None, *WHITE]), *BAD[like]):
        for value in values:
            assert_error(await visitor.put(PASSWORD, json=reset(**{field: value})), 400, f"{field}:{violation}.")


async def test_the_violations_of_a_number_that_wants_a_code_are_reported(visitor: httpx.AsyncClient) -> None:
    for violation, values in ((TEXT, NOT_TEXTS), (EMPTY, [None, *WHITE]), *BAD["telephone"]):
        for value in values:
            assert_error(await visitor.post(SMS, json={"telephone": value}), 400, f"telephone:{violation}.")


async def test_all_violations_are_reported_in_the_order_of_the_sample(visitor: httpx.AsyncClient) -> None:
    fields = ("username", "company", "gender", "telephone", "password")
    assert_error(await visitor.post(USERS, json={}), 400, " ".join(f"{field}:must not be empty." for field in fields))
    body = dict.fromkeys(reversed(fields))
    assert_error(await visitor.post(USERS, json=body), 400, " ".join(f"{field}:must not be empty." for field in fields))
    mixed = {"verificationCode": 1, "password": "x", "company": "c", "gender": "g" * 11, "username": "x"}
    detail = (
        "username:format is invalid. gender:is too long. telephone:must not be empty. "
        "password:format is invalid. verificationCode:must be a string."
    )
    assert_error(await visitor.post(USERS, json=mixed), 400, detail)
    ordered = ("telephone", "newPassword", "verificationCode")
    assert_error(
        await visitor.put(PASSWORD, json={}), 400, " ".join(f"{field}:must not be empty." for field in ordered)
    )


@pytest.mark.parametrize("field", ["username", "telephone"])
async def test_uniqueness_takes_any_text(visitor: httpx.AsyncClient, field: str) -> None:
    body = {"username": "nobody", "telephone": "nobody"}
    for violation, values in ((TEXT, NOT_TEXTS), (EMPTY, [None]), (LONG, [long_text()]), (FORMAT, ["a\0b"])):
        for value in values:
            answer = await visitor.post(UNIQUENESS, json={**body, field: value})
            assert_error(answer, 400, f"{field}:{violation}.")
    for value in (*WHITE, "1", "用户", "{$gt:''}"):
        assert (await visitor.post(UNIQUENESS, json={**body, field: value})).status_code == 200


@pytest.mark.parametrize(("method", "path"), JSON_ROWS)
async def test_a_body_that_is_no_json_object_is_refused(visitor: httpx.AsyncClient, method: str, path: str) -> None:
    for media in ("application/json", "text/plain", "application/x-www-form-urlencoded"):
        for body in (b"", *NOT_JSON):
            answer = await visitor.request(method, path, content=body, headers={"Content-Type": media})
            assert_error(answer, 400, "request body is not valid JSON")
        for body in NOT_OBJECTS:
            answer = await visitor.request(method, path, content=body, headers={"Content-Type": media})
            assert_error(answer, 400, "request body must be a JSON object")


NO_FIELDS = "username:must not be empty. password:must not be empty."
NO_FORM: list[tuple[str, bytes]] = [
    ("", b""),
    ("application/json", b'{"username":"a","password":"b"}'),
    ("text/plain", b"username=a&password=b"),
    ("application/x-www-form-urlencoded", b""),
    ("application/x-www-form-urlencoded", b"username=&password"),
    ("application/x-www-form-urlencoded", b"username=%20&password=+"),
    ("application/x-www-form-urlencoded", b"&".join([b"username=a"] * 1001)),
    ("multipart/form-data", b"--x\r\n\r\n--x--\r\n"),
    ("multipart/form-data; boundary=x", b""),
    ("multipart/form-data; boundary=x", b"username=a&password=b"),
    ("multipart/form-data; boundary=x", b"--x\r\nContent-Disposition: form-data\r\n\r\na\r\n--x--\r\n"),
    ("multipart/form-data; boundary=", b"--\r\n\r\n"),
    ("multipart/form-data; boundary=" + "x" * 5000, b"--x"),
]


@pytest.mark.parametrize("path", [LOGIN, "/login"])
async def test_a_login_without_a_form_has_no_fields(visitor: httpx.AsyncClient, path: str) -> None:
    for media, body in NO_FORM:
        assert_error(await visitor.post(path, content=body, headers={"Content-Type": media}), 400, NO_FIELDS)


async def test_errors_in_a_login_form_are_reported(visitor: httpx.AsyncClient) -> None:
    for form, detail in (
        (b"username=%ff&password=b", "username:format is invalid."),
        (b"username=\xff&password=b", "username:format is invalid."),
        (b"username=a&password=b%00", "password:format is invalid."),
        (b"username=" + b"a" * 10_000 + b"&password=b", "username:is too long."),
        (b"username=a&password=" + b"a" * 10_000, "password:is too long."),
        (b"password=b&password=", NO_FIELDS),
    ):
        assert_error(await visitor.post(LOGIN, content=form, headers=FORM), 400, detail)
    file = {"username": ("name.txt", b"ada"), "password": (None, b"b")}
    assert_error(await visitor.post(LOGIN, files=file), 400, "username:must be a string.")


@pytest.mark.parametrize(
    "form", [b"username=%zz%&password=%", b"username=$gt&password[$gt]=&password=x", b"username=a;b&password=x"]
)
async def test_odd_forms_are_wrong_credentials(visitor: httpx.AsyncClient, form: bytes) -> None:
    assert_error(await visitor.post(LOGIN, content=form, headers=FORM), 401, "Bad credentials")


async def test_a_body_over_the_limit_is_too_large(visitor: httpx.AsyncClient) -> None:
    for method, path in (*JSON_ROWS, ("POST", LOGIN), ("POST", "/login"), ("GET", "/auth/logout")):
        answer = await visitor.request(method, path, content=b"x" * (2**20 + 1), headers=FORM)
        assert_error(answer, 413, "request body too large")


@pytest.mark.parametrize(
    "path",
    [
        "/auth", "/auth/", "/auth/login/", "/auth/logout/", "/auth/%ff", "/login/x", "/login/", "/password/",
        "/password/x", "/action", "/action/uniqueness/", "/v1/users/", "/v1/users/password/", "/v1/users/1",
        "/v1/identity", "/v1/identity/sms/", "/v1/users/action", "/v1/users/%00", "/auth//login",
    ],
)  # fmt: skip
async def test_other_paths_are_unknown(visitor: httpx.AsyncClient, path: str) -> None:
    for method in ("GET", "POST", "PUT", "DELETE"):
        assert_error(await visitor.request(method, path, content=b"{"), 404, "route not found")


async def test_other_verbs_are_refused(visitor: httpx.AsyncClient) -> None:
    for right, path in (*JSON_ROWS, ("POST", LOGIN), ("POST", "/login"), ("GET", "/auth/logout")):
        for method in {"GET", "POST", "PUT", "DELETE", "PATCH"} - {right}:
            answer = await visitor.request(method, path, content=b"x")
            assert_error(answer, 405, "method not allowed")
            assert right in answer.headers["allow"]
