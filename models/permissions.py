"""Whether a user may use resources, and through which roles, in one round trip."""

from collections.abc import Sequence
from typing import Any

from models.errors.roles import AppNotFound
from models.errors.users import UserNotFound
from models.paths import EFFECTIVE, LIVING, of_app
from models.store import Row, Store


async def granting(store: Store, user_id: int, app: int | str, codes: Sequence[str]) -> dict[str, list[Row]]:
    """The live roles by which a user may use each resource of an app, by code; unknown codes have none.

    Raises `UserNotFound`, `AppNotFound`.
    """
    found = await store.aggregate("users", _pipeline(user_id, app, codes))
    if not found:
        raise UserNotFound
    (user,) = found
    if not user["app"]:
        raise AppNotFound
    codes_by_id = {resource["_id"]: resource["code"] for resource in user["resources"]}
    through: dict[str, list[Row]] = {code: [] for code in codes}
    for role in sorted(user["roles"], key=lambda row: int(row["_id"])):
        for resource_id in role["resource_ids"]:
            through[codes_by_id[resource_id]].append(role)
    return through


def _pipeline(user_id: int, app: int | str, codes: Sequence[str]) -> list[Row]:
    return [
        {"$match": {"_id": user_id, **LIVING}},
        of_app(app),
        _lookup("resources", "app._id", "app_id", [{"$match": {"code": {"$in": [*codes]}}}, {"$project": {"code": 1}}]),
        *EFFECTIVE,
        _lookup("roles", "role_ids", "_id", _granting_roles()),
        {"$project": {"app": 1, "resources": 1, "roles": 1}},
    ]


def _granting_roles() -> list[Row]:
    asked = {"$setIntersection": ["$resource_ids", "$$resource_ids"]}
    return [
        {"$match": LIVING},
        {"$project": {"app_id": 1, "code": 1, "name": 1, "resource_ids": asked}},
        {"$match": {"resource_ids": {"$ne": []}}},
    ]


def _lookup(rows: str, near: str, far: str, pipeline: list[Any]) -> Row:
    joined = {"from": rows, "localField": near, "foreignField": far, "pipeline": pipeline, "as": rows}
    return {"$lookup": {**joined, "let": {"resource_ids": {"$ifNull": ["$resources._id", []]}}}}
