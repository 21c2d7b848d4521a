"""`userbus demo`: a few users and a tenant for development; running it again changes nothing."""

from typing import Any

from pydantic import SecretStr

from cli.connection import run
from cli.output import print_line
from client.bus import Bus
from client.errors import Conflict
from contracts.base import Command
from contracts.tenants import CreateTenant
from contracts.users import CreateUser, NewAccount

USERS = (
    CreateUser(username="example_user", accounts=[NewAccount(integration="lark", account="ou_1145141919810")]),
    CreateUser(email="felixpy.1993@gmail.com", name="Felix Yang"),
    CreateUser(email="admin@gmail.com", name="admin", mobile="18311413962", position="技术负责人"),
    CreateUser(email="test@qq.com", name="test", mobile="18888888888", position="测试工程师"),
    CreateUser(username="TestUser1", telephone="13812345678", company="company", gender="male"),
)
TENANT = CreateTenant(id="local_test_tenant", title="Local test tenant", secret=SecretStr("local_test_tenant_pass"))


def create_demo_users() -> None:
    """Create the demo users that are not there yet, and the tenant of the development stack."""
    print_line(f"{run(_create_all)} of {len(USERS)} demo users are there, and the tenant {TENANT.id}")


async def _create_all(bus: Bus) -> int:
    results = [await _create(bus, user, f"userbus-demo-{n}") for n, user in enumerate(USERS, 1)]
    await _create(bus, TENANT, "userbus-demo-tenant")
    return results.count(True)


async def _create(bus: Bus, command: Command[Any], message_id: str) -> bool:
    """Create one; False if another run has taken its name."""
    try:
        await bus.ask(command, message_id=message_id)
    except Conflict:
        return False
    return True
