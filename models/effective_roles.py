"""Rows that are related to another one, directly or not, in one query: groups of a user, resources of a user."""

from dataclasses import dataclass
from typing import Any

from models.apps import AppRepository, app_filter
from models.coded import C, CodedRepository
from models.errors.roles import AppNotFound
from models.groups import GroupRepository
from models.roles import RoleRepository
from models.store.client import BsonDict
from models.store.numbered_pages import MAX_SKIP
from models.store.repository import Repository
from models.store.search import ResultPage, SearchSpec, clauses, sort_keys
from models.users import LIVE, UserRepository

LIVE_FILTER = {"status": LIVE}


def _union_stage(field: str, rows: str) -> BsonDict:
    # adds to a list field the values of the same field of all joined rows, each once
    joined = {
        "$reduce": {"input": f"${rows}.{field}", "initialValue": [], "in": {"$concatArrays": ["$$value", "$$this"]}}
    }
    return {"$set": {field: {"$setUnion": [{"$ifNull": [f"${field}", []]}, joined]}}}


def _collect_stages(rows: str, local_field: str, field: str, live_filter: BsonDict) -> tuple[BsonDict, BsonDict]:
    pipeline = [{"$match": live_filter}, {"$project": {field: 1}}]
    lookup = {"from": rows, "localField": local_field, "foreignField": "_id", "pipeline": pipeline, "as": rows}
    return {"$lookup": lookup}, _union_stage(field, rows)


EFFECTIVE_ROLES = _collect_stages("groups", "group_ids", "role_ids", {})
EFFECTIVE_RESOURCES = _collect_stages("roles", "role_ids", "resource_ids", LIVE_FILTER)


@dataclass(frozen=True, slots=True)
class RelationPath:
    """A path from one live row to related ones: those whose `foreign_field` has a value of the row's `local_field`.

    `stages` first add the values that the row has indirectly, for example the roles of a user's groups.
    """

    start: type[Repository[Any]]
    local_field: str
    foreign_field: str = "_id"
    stages: tuple[BsonDict, ...] = ()
    live_filter: BsonDict | None = None


GROUPS_OF_USER = RelationPath(UserRepository, "group_ids", live_filter=LIVE_FILTER)
DIRECT_ROLES_OF_USER = RelationPath(UserRepository, "role_ids", live_filter=LIVE_FILTER)
ROLES_OF_USER = RelationPath(UserRepository, "role_ids", stages=EFFECTIVE_ROLES, live_filter=LIVE_FILTER)
RESOURCES_OF_USER = RelationPath(
    UserRepository, "resource_ids", stages=(*EFFECTIVE_ROLES, *EFFECTIVE_RESOURCES), live_filter=LIVE_FILTER
)
ROLES_OF_GROUP = RelationPath(GroupRepository, "role_ids")
RESOURCES_OF_ROLE = RelationPath(RoleRepository, "resource_ids", live_filter=LIVE_FILTER)
OF_APP = RelationPath(AppRepository, "_id", "app_id")


@dataclass(frozen=True, slots=True)
class RelatedQuery:
    """What to list: rows related to the one that `key` selects, of the `app` with this id or code, `paged` or all."""

    key: BsonDict
    search: SearchSpec
    app: int | str | None = None
    paged: bool = False


async def find_related(rows: CodedRepository[C], path: RelationPath, query: RelatedQuery) -> ResultPage[C]:
    """Return the rows at the end of a path that meet the search. Raises the start's `not_found`, `AppNotFound`."""
    found = await rows.store.aggregate(path.start.collection, related_pipeline(rows, path, query), await rows.session())
    if not found:
        raise path.start.not_found
    if query.app is not None and not found[0]["app"]:
        raise AppNotFound
    items, total = found[0]["page"], len(found[0]["page"])
    if query.paged:
        items, total = items[0]["items"], sum(count["rows"] for count in items[0]["total"])
    return ResultPage([rows.document.from_row(row) for row in items], total, None)


def related_pipeline(rows: CodedRepository[Any], path: RelationPath, query: RelatedQuery) -> list[BsonDict]:
    """The aggregation, which has at most one result, with the rows at the end of the path as `page`."""
    lookup: BsonDict = {
        "from": rows.collection,
        "localField": path.local_field,
        "foreignField": path.foreign_field,
        "as": "page",
    }
    pipeline: list[BsonDict] = [{"$match": {"$and": clauses(query.search)}}, *_page_stages(rows, query)]
    stages = [*path.stages]
    if query.app is not None:
        stages.append(app_lookup_stage(query.app))
        lookup["let"] = {"apps": "$app._id"}
        pipeline.insert(1, {"$match": {"$expr": {"$in": ["$app_id", "$$apps"]}}})
    return [
        {"$match": {**query.key, **(path.live_filter or {})}},
        *stages,
        {"$lookup": {**lookup, "pipeline": pipeline}},
        {"$project": {"app": 1, "page": 1}},
    ]


def app_lookup_stage(app: int | str) -> BsonDict:
    """The stage that joins the app with this id or code as `app`."""
    return {
        "$lookup": {"from": "apps", "pipeline": [{"$match": app_filter(app)}, {"$project": {"_id": 1}}], "as": "app"}
    }


def _page_stages(rows: CodedRepository[Any], query: RelatedQuery) -> list[BsonDict]:
    order: BsonDict = {"$sort": dict(sort_keys(query.search))}
    shape: list[BsonDict] = [{"$project": rows.projection}] if rows.projection else []
    if not query.paged:
        return [order, *shape]
    skip = min((query.search.page - 1) * query.search.size, MAX_SKIP)
    items = [order, {"$skip": skip}, {"$limit": query.search.size}, *shape]
    return [{"$facet": {"items": items, "total": [{"$count": "rows"}]}}]
