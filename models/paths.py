"""What belongs to a row, near or far, in one round trip: groups of a user, resources of a user, roles of an app."""

from dataclasses import dataclass
from typing import Any

from models.apps import Apps, app_key
from models.errors.roles import AppNotFound
from models.groups import Groups
from models.repository import Repository
from models.roles import Roles
from models.rows import C, CodedRows
from models.search import MAX_SKIP, Page, Search, clauses, sort_keys
from models.store import Row
from models.users import LIVE, Users

LIVING = {"status": LIVE}


def _all(field: str, rows: str) -> Row:
    """Adds to a list field the same field of all rows, each value once."""
    joined = {
        "$reduce": {"input": f"${rows}.{field}", "initialValue": [], "in": {"$concatArrays": ["$$value", "$$this"]}}
    }
    return {"$set": {field: {"$setUnion": [{"$ifNull": [f"${field}", []]}, joined]}}}


def _gathered(rows: str, near: str, field: str, live: Row) -> tuple[Row, Row]:
    there = [{"$match": live}, {"$project": {field: 1}}]
    lookup = {"from": rows, "localField": near, "foreignField": "_id", "pipeline": there, "as": rows}
    return {"$lookup": lookup}, _all(field, rows)


EFFECTIVE = _gathered("groups", "group_ids", "role_ids", {})
ALLOWED = _gathered("roles", "role_ids", "resource_ids", LIVING)


@dataclass(frozen=True, slots=True)
class Path:
    """A way from one live row to others: `stages` gather on the way, `near` and `far` are the fields that meet."""

    start: type[Repository[Any]]
    near: str
    far: str = "_id"
    stages: tuple[Row, ...] = ()
    live: Row | None = None


GROUPS_OF_USER = Path(Users, "group_ids", live=LIVING)
DIRECT_ROLES_OF_USER = Path(Users, "role_ids", live=LIVING)
ROLES_OF_USER = Path(Users, "role_ids", stages=EFFECTIVE, live=LIVING)
RESOURCES_OF_USER = Path(Users, "resource_ids", stages=(*EFFECTIVE, *ALLOWED), live=LIVING)
ROLES_OF_GROUP = Path(Groups, "role_ids")
RESOURCES_OF_ROLE = Path(Roles, "resource_ids", live=LIVING)
OF_APP = Path(Apps, "_id", "app_id")


@dataclass(frozen=True, slots=True)
class Asked:
    """Which rows are asked for: from the row with this `key`, of the `app` with this id or code, `cut` to a page."""

    key: Row
    search: Search
    app: int | str | None = None
    cut: bool = False


async def reached(rows: CodedRows[C], path: Path, asked: Asked) -> Page[C]:
    """The rows at the end of a path that meet the search. Raises the start's `missing` refusal, `AppNotFound`."""
    found = await rows.store.aggregate(path.start.collection, pipeline(rows, path, asked), await rows.session())
    if not found:
        raise path.start.missing
    if asked.app is not None and not found[0]["app"]:
        raise AppNotFound
    items, total = found[0]["page"], len(found[0]["page"])
    if asked.cut:
        items, total = items[0]["items"], sum(count["rows"] for count in items[0]["total"])
    return Page([rows.document.from_row(row) for row in items], total, None)


def pipeline(rows: CodedRows[Any], path: Path, asked: Asked) -> list[Row]:
    """The aggregation: one row at the most, with the rows at the end of the path as `page`."""
    end: Row = {"from": rows.collection, "localField": path.near, "foreignField": path.far, "as": "page"}
    last: list[Row] = [{"$match": {"$and": clauses(asked.search)}}, *_page(rows, asked)]
    stages = [*path.stages]
    if asked.app is not None:
        stages.append(of_app(asked.app))
        end["let"] = {"apps": "$app._id"}
        last.insert(1, {"$match": {"$expr": {"$in": ["$app_id", "$$apps"]}}})
    return [
        {"$match": {**asked.key, **(path.live or {})}},
        *stages,
        {"$lookup": {**end, "pipeline": last}},
        {"$project": {"app": 1, "page": 1}},
    ]


def of_app(app: int | str) -> Row:
    """A stage that looks an app up by id or code."""
    return {"$lookup": {"from": "apps", "pipeline": [{"$match": app_key(app)}, {"$project": {"_id": 1}}], "as": "app"}}


def _page(rows: CodedRows[Any], asked: Asked) -> list[Row]:
    order: Row = {"$sort": dict(sort_keys(asked.search))}
    shape: list[Row] = [{"$project": rows.hidden}] if rows.hidden else []
    if not asked.cut:
        return [order, *shape]
    skip = min((asked.search.page - 1) * asked.search.size, MAX_SKIP)
    items = [order, {"$skip": skip}, {"$limit": asked.search.size}, *shape]
    return [{"$facet": {"items": items, "total": [{"$count": "rows"}]}}]
