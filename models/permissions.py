"""Which resources a user may use, and through which roles, in one query."""

from collections.abc import Sequence
from typing import Any

from models.effective_roles import EFFECTIVE_ROLES, LIVE_FILTER, app_lookup_stage
from models.errors.roles import AppNotFound
from models.errors.users import UserNotFound
from models.store.client import BsonDict, Store


async def find_granting_roles(
    store: Store, user_id: int, app: int | str, codes: Sequence[str]
) -> dict[str, list[BsonDict]]:
    """Return the live roles that give a user access to resources of an app, by code; unknown codes have none.

    Raises `UserNotFound`, `AppNotFound`.
    """
    found = await store.aggregate("users", _pipeline(user_id, app, codes))
    if not found:
        raise UserNotFound
    (user,) = found
    if not user["app"]:
        raise AppNotFound
    codes_by_id = {resource["_id"]: resource["code"] for resource in user["resources"]}
    granting: dict[str, list[BsonDict]] = {code: [] for code in codes}
    for role in sorted(user["roles"], key=lambda row: int(row["_id"])):
        for resource_id in role["resource_ids"]:
            granting[codes_by_id[resource_id]].append(role)
    return granting


def _pipeline(user_id: int, app: int | str, codes: Sequence[str]) -> list[BsonDict]:
    return [
        {"$match": {"_id": user_id, **LIVE_FILTER}},
        app_lookup_stage(app),
        _lookup_stage(
            "resources", "app._id", "app_id", [{"$match": {"code": {"$in": [*codes]}}}, {"$project": {"code": 1}}]
        ),
        *EFFECTIVE_ROLES,
        _lookup_stage("roles", "role_ids", "_id", _granting_role_stages()),
        {"$project": {"app": 1, "resources": 1, "roles": 1}},
    ]


def _granting_role_stages() -> list[BsonDict]:
    matching = {"$setIntersection": ["$resource_ids", "$$resource_ids"]}
    return [
        {"$match": LIVE_FILTER},
        {"$project": {"app_id": 1, "code": 1, "name": 1, "resource_ids": matching}},
        {"$match": {"resource_ids": {"$ne": []}}},
    ]


def _lookup_stage(rows: str, local: str, foreign: str, pipeline: list[Any]) -> BsonDict:
    lookup = {"from": rows, "localField": local, "foreignField": foreign, "pipeline": pipeline, "as": rows}
    return {"$lookup": {**lookup, "let": {"resource_ids": {"$ifNull": ["$resources._id", []]}}}}
