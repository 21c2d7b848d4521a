"""`userbus demo`: a few users and a tenant to look at; running it again changes nothing."""

import typer
from pydantic import SecretStr

from bridge.bus import Bus, Call
from bridge.wire import Refused
from cli.client import run
from contracts.base import Command
from contracts.tenants import CreateTenant
from contracts.users import AccountGiven, CreateUser

USERS = (
    CreateUser(username="example_user", accounts=[AccountGiven(integration="lark", account="ou_1145141919810")]),
    CreateUser(email="felixpy.1993@gmail.com", name="Felix Yang"),
    CreateUser(email="admin@gmail.com", name="admin", mobile="18311413962", position="技术负责人"),
    CreateUser(email="test@qq.com", name="test", mobile="18888888888", position="测试工程师"),
    CreateUser(username="TestUser1", telephone="13812345678", company="company", gender="male"),
)


TENANT = CreateTenant(id="local_test_tenant", title="Local test tenant", secret=SecretStr("local_test_tenant_pass"))


async def _create(bus: Bus) -> int:
    made = [await _made(bus, "user.create", user, f"userbus-demo-{number}") for number, user in enumerate(USERS, 1)]
    await _made(bus, "tenant.create", TENANT, "userbus-demo-tenant")
    return made.count(True)


async def _made(bus: Bus, name: str, command: Command, message_id: str) -> bool:
    try:
        await bus.call(name, command, Call(message_id=message_id))
    except Refused as error:
        if error.problem.kind != "conflict":
            raise
        return False
    return True


def demo() -> None:
    """Create the demo users that are not there yet, and the tenant of the development stack."""
    typer.echo(f"{run(_create)} of {len(USERS)} demo users are there, and the tenant {TENANT.id}")
