"""MongoDB's users: an administrator, and one for the workers with rights on their own database alone."""

from typing import Any

from pymongo import MongoClient
from pymongo.errors import OperationFailure

from devstack.errors import StackError
from devstack.mongodb import TIMEOUT_MS
from devstack.ports import HOST

ADMIN = "admin"
WORKER = "userbus"
DATABASE = "userbus"
REFUSED = (13, 18)  # MongoDB's codes: no rights, wrong name or password


def ensure_users(port: int, admin: str, worker: str) -> None:
    """Create both users at the primary on localhost:`port`, or give them these passwords.

    The first user is created under MongoDB's localhost exception, so call this on the server's own host. Raises
    StackError where the server has other users already.
    """
    _ensure_admin(port, admin)
    with _client(port, username=ADMIN, password=admin) as client:
        database = client[DATABASE]
        verb = "updateUser" if database.command("usersInfo", WORKER)["users"] else "createUser"
        database.command(verb, WORKER, pwd=worker, roles=["readWrite"])


def _ensure_admin(port: int, password: str) -> None:
    if _accepts_password(port, password):
        return
    try:
        with _client(port) as client:
            client.admin.command("createUser", ADMIN, pwd=password, roles=["root"])
    except OperationFailure as error:
        if error.code not in REFUSED:
            raise
        raise StackError(
            "MongoDB has users that these secrets do not open: it belongs to other volumes. "
            "Restore the volume `admin`, or remove the volume `mongo` with all its data"
        ) from error


def _accepts_password(port: int, password: str) -> bool:
    try:
        with _client(port, username=ADMIN, password=password) as client:
            client.admin.command("usersInfo", ADMIN)
    except OperationFailure as error:
        if error.code not in REFUSED:
            raise
        return False
    return True


def _client(port: int, **login: Any) -> MongoClient[dict[str, Any]]:
    return MongoClient(HOST, port, directConnection=True, serverSelectionTimeoutMS=TIMEOUT_MS, **login)
