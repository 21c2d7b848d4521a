"""The table of passport: endpoints, failures, the two shapes of a body, and which users may call."""

from dataclasses import replace
from zoneinfo import ZoneInfo

from bridge.dialects.passport import roles, sessions, users
from bridge.dialects.passport.common import ROLE_PROTECTED, ROLE_UNKNOWN, parameters
from bridge.rest.body import FORM
from bridge.rest.dialect import Authenticate, Dialect, Endpoint, Failure, StandardCase
from bridge.rest.fields import FieldError, Violation, check_fields
from bridge.rest.schema import BEARER
from bridge.rest.service_tokens import ACCESS_TOKEN, bearer_token
from contracts.tokens import Holder

EMAIL_TAKEN = Failure(200, "邮箱已存在！", 3000205)
NAME_TAKEN = Failure(200, "角色名称已存在！", 3000003)
BAD_REQUEST = Failure(200, "请求参数错误", 30001)
TOO_LARGE = Failure(413, "请求体过大！", 413)
NO_ROLE = Failure(200, "无任何权限！", 3000206)
NO_ADMIN = Failure(200, "无任何权限！", 3000207)

REFUSALS = {
    "user.not_found": users.USER_UNKNOWN,
    "user.username_taken": EMAIL_TAKEN,
    "user.email_taken": EMAIL_TAKEN,
    "user.telephone_taken": EMAIL_TAKEN,
    "user.root_protected": Failure(200, "ROOT 管理员不允许删除！", 3000202),
    "role.not_found": ROLE_UNKNOWN,
    "role.admin_protected": ROLE_PROTECTED,
    "role.name_taken": NAME_TAKEN,
    "role.code_taken": NAME_TAKEN,
    "auth.bad_credentials": Failure(200, "密码输入错误！", 3000203),
    "auth.user_disabled": NO_ADMIN,
    "session.invalid": sessions.TOKEN_UNKNOWN,
    "message.too_large": TOO_LARGE,
}
FAILURES = {
    StandardCase.UNPARSABLE: BAD_REQUEST,
    StandardCase.WRONG_KIND: BAD_REQUEST,
    StandardCase.INVALID: BAD_REQUEST,
    StandardCase.UNKNOWN_ROUTE: Failure(200, "请求地址不存在！", 404),
    StandardCase.WRONG_VERB: Failure(200, "请求方法不允许！", 405),
    StandardCase.TOO_LARGE: TOO_LARGE,
    StandardCase.UNAUTHENTICATED: Failure(200, "请先登录！", 403),
    StandardCase.CROSS_SITE: Failure(200, "请求来自其他站点！", 403),
    StandardCase.UNAVAILABLE: Failure(503, "服务产生错误！原因：服务不可用", 1002),
    StandardCase.TIMEOUT: Failure(504, "服务产生错误！原因：请求超时", 1002),
    StandardCase.INTERNAL: Failure(200, "服务产生错误！原因：内部错误", 1002),
}
TOKEN_IN_QUERY = {"type": "apiKey", "in": "query", "name": ACCESS_TOKEN}
TOKEN_IN_COOKIE = {"type": "apiKey", "in": "cookie", "name": ACCESS_TOKEN}
FIELD_ERRORS = {
    Violation.MISSING: "{field} 字段是必须的",
    Violation.NOT_TEXT: "{field} 必须是一个字符串",
    Violation.NOT_INTEGER: "{field} 必须是个整数",
    Violation.FORMAT: "{field} 必须是一个合法的电子邮件地址",
    Violation.SHORT: "{field} 的最小长度为 {limit} 字符",
    Violation.LONG: "{field} 的最大长度为 {limit} 字符",
    Violation.LOW: "{field} 的最小值为 {limit}",
    Violation.HIGH: "{field} 的最大值为 {limit}",
    Violation.CONTROL: "{field} 格式不正确",
}


def access_failure(user: Holder) -> Failure | None:
    """The failure for the user of a login token who is neither root nor has a live direct role with admin 1."""
    if user.root or user.admin:
        return None
    return NO_ADMIN if user.roles else NO_ROLE


def dialect(authenticate: Authenticate, zone: ZoneInfo) -> Dialect:
    """Create the dialect; times are shown in the zone."""
    return Dialect(
        name="passport",
        endpoints=(
            *map(_add_access_failures, users.endpoints(zone)),
            *sessions.ENDPOINTS,
            *map(_add_access_failures, roles.endpoints(zone)),
        ),
        source=parameters,
        authenticate=authenticate,
        check=check_fields,
        field_failure=_field_failure,
        refusals=REFUSALS,
        failures=FAILURES,
        success_body=lambda data: {"code": 0, "msg": "", "data": data},
        error_body=lambda failure: {"code": failure.code, "msg": failure.text, "data": None},
        cookie=ACCESS_TOKEN,
        credentials_in_body=lambda raw: not bearer_token(raw),  # which counts before the body's
        title="Administrators with roles and soft delete",
        request_media_types=("application/json", FORM),
        security_schemes={"token": BEARER, "tokenInQuery": TOKEN_IN_QUERY, "tokenInCookie": TOKEN_IN_COOKIE},
    )


def _add_access_failures(endpoint: Endpoint) -> Endpoint:
    own_failures = (*endpoint.doc.own_failures, NO_ROLE, NO_ADMIN)
    return replace(endpoint, doc=replace(endpoint.doc, own_failures=own_failures))


def _field_failure(error: FieldError) -> Failure:
    if error.violation is Violation.BLANK:
        return Failure(200, "字段不能为空！", 1004)
    return Failure(200, FIELD_ERRORS[error.violation].format(field=error.path, limit=error.limit), 1001)
