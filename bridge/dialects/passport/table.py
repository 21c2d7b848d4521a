"""passport's table: its rows, its failures, its two shapes of a body, and which users may call."""

from dataclasses import replace
from zoneinfo import ZoneInfo

from bridge.body import FORM
from bridge.dialect import Case, Dialect, Failure, Guard, Row
from bridge.dialects.passport import roles, sessions, users
from bridge.dialects.passport.words import ROLE_PROTECTED, ROLE_UNKNOWN, parameters
from bridge.fields import Fault, Kind, checked
from bridge.schema import BEARER
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
    "auth.bad_credentials": Failure(200, "密码输入错误！", 3000203),
    "session.invalid": sessions.TOKEN_GONE,
    "message.too_large": TOO_LARGE,
}
CASES = {
    Case.UNPARSABLE: BAD_REQUEST,
    Case.WRONG_KIND: BAD_REQUEST,
    Case.INVALID: BAD_REQUEST,
    Case.UNKNOWN_ROUTE: Failure(200, "请求地址不存在！", 404),
    Case.WRONG_VERB: Failure(200, "请求方法不允许！", 405),
    Case.TOO_LARGE: TOO_LARGE,
    Case.UNAUTHENTICATED: Failure(200, "请先登录！", 403),
    Case.UNAVAILABLE: Failure(503, "服务产生错误！原因：服务不可用", 1002),
    Case.TIMEOUT: Failure(504, "服务产生错误！原因：请求超时", 1002),
    Case.INTERNAL: Failure(200, "服务产生错误！原因：内部错误", 1002),
}
QUERY = {"type": "apiKey", "in": "query", "name": "access_token"}
COOKIE = {"type": "apiKey", "in": "cookie", "name": "access_token"}
FAULTS = {
    Kind.MISSING: "{field} 字段是必须的",
    Kind.NOT_TEXT: "{field} 必须是一个字符串",
    Kind.NOT_INTEGER: "{field} 必须是个整数",
    Kind.FORMAT: "{field} 必须是一个合法的电子邮件地址",
    Kind.SHORT: "{field} 的最小长度为 {limit} 字符",
    Kind.LONG: "{field} 的最大长度为 {limit} 字符",
    Kind.LOW: "{field} 的最小值为 {limit}",
    Kind.HIGH: "{field} 的最大值为 {limit}",
    Kind.CONTROL: "{field} 格式不正确",
}


def refused(user: Holder) -> Failure | None:
    """Why the user of a login token may not call: neither root nor a live direct role with admin 1."""
    if user.root or user.admin:
        return None
    return NO_ADMIN if user.roles else NO_ROLE


def dialect(guard: Guard, zone: ZoneInfo) -> Dialect:
    """The dialect's table; times are printed in the zone."""
    return Dialect(
        name="passport",
        rows=(*map(_guarded, users.rows(zone)), *sessions.ROWS, *map(_guarded, roles.rows(zone))),
        source=parameters,
        guard=guard,
        check=checked,
        fault=_fault,
        refusals=REFUSALS,
        cases=CASES,
        succeed=lambda value: {"code": 0, "msg": "", "data": value},
        fail=lambda failure: {"code": failure.code, "msg": failure.text, "data": None},
        title="Administrators with roles and soft delete",
        media=("application/json", FORM),
        schemes={"token": BEARER, "tokenInQuery": QUERY, "tokenInCookie": COOKIE},
    )


def _guarded(row: Row) -> Row:
    return replace(row, doc=replace(row.doc, rejects=(*row.doc.rejects, NO_ROLE, NO_ADMIN)))


def _fault(fault: Fault) -> Failure:
    if fault.kind is Kind.BLANK:
        return Failure(200, "字段不能为空！", 1004)
    return Failure(200, FAULTS[fault.kind].format(field=fault.at, limit=fault.limit), 1001)
