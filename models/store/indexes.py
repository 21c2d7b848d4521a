"""Every collection and its indexes."""

from collections.abc import Iterable
from typing import Any

from pymongo import ASCENDING, DESCENDING, IndexModel

from models.store.client import BsonDict, Store

IndexKeys = list[tuple[str, int]]


def _unique_index(*keys: str, where: BsonDict | None = None) -> IndexModel:
    options: BsonDict = {"partialFilterExpression": where} if where else {}
    return IndexModel([(key, ASCENDING) for key in keys], unique=True, **options)


def _index(*keys: str, where: BsonDict | None = None) -> IndexModel:
    options: BsonDict = {"partialFilterExpression": where} if where else {}
    return IndexModel([(key, ASCENDING) for key in keys], **options)


def _ordered_index(*keys: str, where: BsonDict | None = None, name: str = "") -> IndexModel:
    """An index in the order of its keys; those that begin with a minus descend."""
    options: BsonDict = {"partialFilterExpression": where} if where else {}
    options |= {"name": name} if name else {}
    order = [(key.removeprefix("-"), DESCENDING if key.startswith("-") else ASCENDING) for key in keys]
    return IndexModel(order, **options)


def _orders(*fields: str, among: tuple[str, ...] = ()) -> list[IndexModel]:
    """An index for each order by one field; descending ones are read backwards (tied_order.py).

    `among` are the fields by which the rows of every list are selected.
    """
    return [_index(*among, field, "_id") for field in fields]


_TIMES = ("created_at", "updated_at")
_FORMER_LOGINS = ("former_logins.username", "former_logins.email", "former_logins.telephone")
_PASSPORT_ORDER = ("-root", "sort", "-created_at", "-_id")

INDEXES: dict[str, list[IndexModel]] = {
    "users": [
        _unique_index("logins", where={"logins": {"$exists": True}}),
        _unique_index("accounts.integration", "accounts.account", where={"accounts.account": {"$exists": True}}),
        _unique_index("uuid", where={"uuid": {"$exists": True}}),
        _unique_index("external_id", where={"external_id": {"$gt": ""}}),  # with $type no look-up would use it
        _index("status", "_id"),
        *_orders("folded.display_name", "folded.display_email", *_TIMES, among=("status",)),
        _ordered_index("status", *_PASSPORT_ORDER),
        # most users of other systems have no position, and each would cost a key in random order
        _ordered_index("status", "position", *_PASSPORT_ORDER, where={"position": {"$gte": ""}}, name="given_position"),
        _index("status", "contact"),
        _index("role_ids", "_id"),
        _index("group_ids", "_id"),
        _index("segment", "status"),
        _index("login_form", where={"status": {"$exists": True}}),
        # soft-deleted users alone have former logins, so that these cost a live one nothing
        *(_index(path, where={path: {"$exists": True}}) for path in _FORMER_LOGINS),
    ],
    "integrations": [_unique_index("name")],
    "webhooks": [],
    "webhook_deliveries": [
        _index("webhook_id", "due", where={"due": {"$exists": True}}),
        _index("subject", "webhook_id", "order", where={"body": {"$exists": True}}),
        *(_ordered_index("webhook_id", *fields, "-created_at", "_id") for fields in ([], ["state"])),
        IndexModel("expires_at", expireAfterSeconds=0),
    ],
    "tokens": [_unique_index("hash"), IndexModel("expires_at", expireAfterSeconds=86400)],
    "sessions": [
        _ordered_index("hashes", name="token"),
        _unique_index("user_id", "realm", "tenant_id", where={"single": True}),
        _index("user_id"),
        _index("tenant_id", "_id", where={"tenant_id": {"$gt": ""}}),
        IndexModel("expires_at", expireAfterSeconds=0),
    ],
    "lockouts": [IndexModel("expires_at", expireAfterSeconds=0)],
    "tenants": [_unique_index("name")],
    "codes": [_unique_index("number")],
    "addresses": [IndexModel("expires_at", expireAfterSeconds=0)],
    "journal": [
        IndexModel("expires_at", expireAfterSeconds=0),
        _index("pending", "order", where={"pending": 1}),
        _index("at", where={"reply": {"$exists": True}}),
        *(_ordered_index(*fields, "-at", "_id") for fields in (["subjects"], ["name"])),
        _ordered_index("actor", "-at", "_id", where={"actor": {"$gt": ""}}),
        _ordered_index("-at", "_id", where={"name": {"$gt": ""}}),
        _ordered_index("-at", "_id", where={"locked_until": {"$exists": True}}, name="locking"),
    ],
    "audit_chain": [_index("until", where={"entries": {"$exists": True}})],
    "counters": [],
    "postings": [_index("segment")],
    "segments": [_index("checked_at")],
    "totals": [],
    "erased": [_index("forget_at", where={"forget_at": {"$exists": True}})],
    "gates": [],
    "seeds": [],
    "migrations": [],
    "leases": [],
    "apps": [_unique_index("code"), *_orders("folded.code", "folded.name", *_TIMES)],
    "groups": [
        _unique_index("app_id", "code"),
        _index("role_ids"),
        *_orders("app_id", "folded.code", "folded.name", *_TIMES),
    ],
    "roles": [
        _unique_index("code", "app_id", where={"status": 1}),
        _index("app_id", "code", "status"),
        _index("resource_ids"),
        _index("status", "_id"),
        *_orders("app_id", "folded.code", "folded.name", *_TIMES, among=("status",)),
        _ordered_index("status", "-admin", "sort", "_id"),  # the order of passport
    ],
    "resources": [
        _unique_index("app_id", "code"),
        *_orders("app_id", "resource_type_id", "folded.code", "folded.detail", *_TIMES),
    ],
    "resource_types": [_unique_index("code"), *_orders("folded.code", "folded.name", *_TIMES)],
    "sweeps": [_index("due"), _index("noun", "ids")],
    "locks": [IndexModel("at", expireAfterSeconds=3600)],
}

# names of indexes of earlier versions
REPLACED = {
    "journal": ["subjects_1_at_1"],
    "resources": ["resource_type_id_1"],
    "roles": ["app_id_1_code_1", "folded.name_1"],
    "sessions": ["tenant_id_1", "hashes_1"],
    "users": [
        "folded.display_name_1__id_1",
        "folded.display_email_1__id_1",
        "folded.email_1__id_1",
        "status_1_folded.display_name_-1__id_1",
        "status_1_folded.display_email_-1__id_1",
        "status_1_created_at_-1__id_1",
        "status_1_updated_at_-1__id_1",
        "status_1_position_1_root_-1_sort_1_created_at_-1__id_-1",
    ],
}


def index_of_order(collection: str, conditions: BsonDict, keys: IndexKeys) -> IndexKeys | None:
    """The keys of the index that has all rows that meet the conditions in this order, forwards or backwards, or None.

    Nor is it any of several with these keys, of which a hint would have to tell one.
    """
    fixed = [(field, ASCENDING) for field, wanted in conditions.items() if not _is_range(wanted)]
    orders = ([*fixed, *keys], [*fixed, *((path, -direction) for path, direction in keys)])
    indexes = [(index, [*index.document["key"].items()]) for index in INDEXES.get(collection, ())]
    listed = [index_keys for _, index_keys in indexes]
    whole = (
        index_keys
        for index, index_keys in indexes
        if conditions.keys() >= {*index.document.get("partialFilterExpression", ())} and listed.count(index_keys) == 1
    )
    return next((index_keys for index_keys in whole if index_keys in orders), None)


def _is_range(wanted: Any) -> bool:
    # an index that begins with the field has the rows of each value in order, not those of several
    return isinstance(wanted, dict) and not wanted.keys() <= {"$eq", "$in"}


def is_indexed(collection: str, conditions: Iterable[str], path: str) -> bool:
    """Whether an index finds the rows with a value of `path`, and with these fields fixed where it begins with them."""
    fixed = {*conditions, "_id"}
    paths = [[*index.document["key"]] for index in INDEXES.get(collection, ())]
    return path == "_id" or any(path == next((key for key in keys if key not in fixed), "") for keys in paths)


async def ensure_indexes(store: Store) -> None:
    """Create the collections and indexes that do not exist; transactions must find them, as they cannot create them.

    Indexes of earlier versions are dropped once those that replace them exist.
    """
    for name, indexes in INDEXES.items():
        if indexes:
            await store.collection(name).create_indexes(indexes)
        else:
            await store.ensure_collection(name)
    for name, replaced in REPLACED.items():
        for index in replaced:
            await store.drop_index(name, index)
