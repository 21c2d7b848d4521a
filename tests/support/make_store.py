"""Make tests/samples/previous_store.json.gz: what workers of a release store, and what its users know.

With a worker of that release, with the keys of `tests.support.stack`, on servers that serve nobody else:
python -m tests.support.make_store AMQP_URL MONGO_URL RELEASE
"""

import asyncio
import gzip
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from bson import json_util
from pymongo import AsyncMongoClient

from tests.support.client import Client

SAMPLE = Path(__file__).parents[1] / "samples" / "previous_store.json.gz"
NUMBER = "13800001114"
BCRYPT = "$2b$10$0Ke/u0jE/zBlFZQtcLcLPeVGpWoIvy/V7fc5FtD5BACVF/wOAzbeS"
SHA_CRYPT = "$5$rounds=1000$salt$TpdauAh7Bjxe518LR9ZrOJxAZiVX4ETAfSJ8F0bgyB2"
PEOPLE: list[dict[str, Any]] = [  # the sixth has the number of the first in another spelling
    {"username": "Ada", "email": "Ada@Example.com", "telephone": NUMBER, "name": "Ada Lovelace", "position": "CTO"},
    {"username": "ＧＲＡＣＥ", "name": "Grace Hopper", "company": "Navy", "gender": "female", "mobile": "13900000000"},
    {"email": "lin@example.com", "telephone": "+44 7400 123456", "name": "林"},
    {"email": "root@example.com", "root": 1, "name": "Root"},
    {"username": "gone", "email": "gone@example.com", "name": "Gone"},
    {"telephone": f"+86{NUMBER}", "name": "Spelled otherwise"},
    {"id": 7000, "username": "numbered", "name": "Numbered"},
    {"id": 7001, "username": "erased", "name": "Erased"},
]
LEASE_NOTICED = 10.0  # seconds until the relay of the worker stops
OLD_PASSWORD = "the old password"  # of those who were imported
IMPORTED = [
    {"username": "from_bcrypt", "password_hash": BCRYPT},
    {"username": "from_sha", "email": "sha@example.com", "password_hash": SHA_CRYPT},
]


class Maker:
    """Sends requests, and keeps what a test asks about later."""

    def __init__(self, client: Client) -> None:
        self.client = client
        self.commands: list[dict[str, Any]] = []  # with their replies, to be sent again

    async def done(self, request: str, /, **body: Any) -> Any:
        """The data of a request; the command can be repeated by its id."""
        message_id = f"previous-{len(self.commands)}"
        data = await self.client.done(
            request, body, message_id=message_id, app_id="make_store", headers={"x-actor": "a"}
        )
        self.commands.append({"name": request, "body": body, "message_id": message_id, "data": data})
        return data


async def make(maker: Maker) -> dict[str, Any]:
    """Let people come, sign in and change; what they know afterwards."""
    done = maker.done
    app = (await done("app.create", code="SHOP", name="Shop"))["id"]
    group = (await done("group.create", app_id=app, code="staff", name="Staff"))["id"]
    role = (await done("role.create", app_id=app, code="seller", name="Seller"))["id"]
    resource = (await done("resource.create", app_id=app, code="till", resource_type_id=1))["id"]
    people = [await done("user.create", **person, password=password(n)) for n, person in enumerate(PEOPLE)]
    ids = [person["id"] for person in people]
    await done("user.import", users=IMPORTED)
    await done(
        "account.apply", user_id=ids[0], actions=[{"action": "create", "integration": "lark", "account": "ou_1"}]
    )
    await done("role.assign", user_id=ids[0], role_ids=[role])
    await done("group.join", user_id=ids[1], group_ids=[group])
    await done("group.grant", group_id=group, role_ids=[role])
    await done("role.grant", role_id=role, resource_ids=[resource])
    await done("user.update", id=ids[0], company="Analytical Engines")
    await done("user.set_status", id=ids[4], status=-1)
    await done("user.delete", id=ids[7])
    await done("integration.create", name="mail", secrets=["a secret of mail"])
    tenant = await done("tenant.create", id="guest", title="Guest")
    token = await done("token.issue", name="shop", scopes=["rbac"])
    login = {"login": "ada@example.com", "password": password(0)}
    sessions = {realm: await done("auth.sign_in", **login, realm=realm) for realm in ("standard", "passport")}
    guest = {"id": "guest", "secret": tenant["secret"]}
    for_guest = await done("auth.sign_in", **login, realm="starcedu_tenant", tenant=guest)
    for _ in range(5):
        await maker.client.refused("auth.sign_in", {"login": "lin@example.com", "password": "x", "realm": "usermgmt"})
    return {
        "people": [await maker.client.done("user.get", {"id": id}) for n, id in enumerate(ids) if n not in (4, 7)],
        "ids": {"app": app, "group": group, "role": role, "resource": resource, "users": ids},
        "sessions": {realm: opened["token"] for realm, opened in sessions.items()},
        "tenant": guest, "tenant_session": for_guest["token"], "token": token["token"],
    }  # fmt: skip


def password(number: int) -> str:
    """The password of one of `PEOPLE`."""
    return f"password number {number} of them"


async def dump(mongo_url: str) -> dict[str, Any]:
    """All documents by collection."""
    async with AsyncMongoClient[dict[str, Any]](mongo_url, tz_aware=True) as client:
        database = client.get_default_database()
        names = sorted(await database.list_collection_names())
        return {name: await database[name].find().sort("_id").to_list(None) for name in names}


async def write(amqp_url: str, mongo_url: str, release: str) -> None:
    """Write the sample; the events of the last command stay unsent, as by a worker that is killed."""
    async with Client(amqp_url, documented=False) as client:
        maker = Maker(client)
        known = await make(maker)
        await _take_lease(mongo_url)
        await asyncio.sleep(LEASE_NOTICED)
        unsent = await maker.done("user.update", id=known["ids"]["users"][1], position="Admiral")
    known |= {"commands": maker.commands, "unsent": unsent}
    sample = {"release": release, "made_at": datetime.now(UTC), "known": known, "collections": await dump(mongo_url)}
    text = json_util.dumps(sample, json_options=json_util.CANONICAL_JSON_OPTIONS, ensure_ascii=False)
    SAMPLE.write_bytes(gzip.compress(text.encode(), mtime=0))


async def _take_lease(mongo_url: str) -> None:
    async with AsyncMongoClient[dict[str, Any]](mongo_url) as client:
        lease = {"owner": "make_store", "until": datetime.now(UTC) + timedelta(minutes=1)}
        await client.get_default_database()["leases"].update_one({"_id": "relay"}, {"$set": lease}, upsert=True)


if __name__ == "__main__":
    asyncio.run(write(*sys.argv[1:]))
