"""One life that uses the whole catalogue: every request at least once, every event caused, and what it took."""

import json
from dataclasses import dataclass, field
from typing import Any
from uuid import uuid4

from tests.support.client import Client
from tests.support.stack import Stack
from tests.support.visitors import address
from tests.support.visitors import telephone as number

Body = dict[str, Any]
TRACE = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"
HEADERS = {"x-actor": "user:42", "traceparent": TRACE}
PASSWORD, NEXT, RESET = "first password of Eve", "second password of Eve", "third password of Eve"
FOREIGN = "$5$rounds=1000$salt$" + "x" * 43


def name(prefix: str = "n") -> str:
    return f"{prefix}_{uuid4().hex[:10]}"


@dataclass(frozen=True)
class Said:
    """A request and its answer."""

    name: str
    body: Body
    message_id: str
    reply: dict[str, Any]


@dataclass
class Life:
    """Speaks to the bus and remembers it; `secrets` are those that were sent or told, `person` who was erased."""

    client: Client
    stack: Stack
    said: list[Said] = field(default_factory=list)
    secrets: set[str] = field(default_factory=set)
    person: dict[str, Any] = field(default_factory=dict)

    async def say(self, request: str, body: Body) -> dict[str, Any]:
        message_id = uuid4().hex
        reply = await self.client.call(request, body, message_id=message_id, headers=HEADERS, app_id="tests")
        self.said.append(Said(request, body, message_id, reply))
        return reply

    async def done(self, request: str, /, **body: Any) -> Any:
        reply = await self.say(request, body)
        assert reply["status"] == "done", (request, reply)
        return reply["data"]

    async def code(self, telephone: str) -> str:
        """Have a code sent; what it is."""
        await self.done("sms.send_code", telephone=telephone)
        lines = [json.loads(line) for line in self.stack.sms_log.read_text().splitlines()]
        return str([line["code"] for line in lines if line["telephone"] == telephone][-1])


async def lived(client: Client, stack: Stack) -> Life:
    """Live through all of it."""
    life = Life(client, stack)
    await _places(life)
    user = await _person(life)
    await _accounts(life, user)
    await _links(life, user)
    await _sessions(life)
    await _tenants(life)
    await _tokens(life)
    await _telephones(life)
    await _guesses(life)
    await life.done("auth.list_lockouts", user_id=user["id"])
    await life.done("auth.unlock", id=user["id"])
    life.person = await life.done("user.get", id=user["id"])
    await life.done("user.set_status", id=user["id"], status=-1)
    await life.done("user.set_status", id=user["id"], status=1)
    await life.done("user.delete", id=user["id"])
    for family in ("health.user", "health.account", "health.role", "health.auth", "health.sms"):
        await life.done(family)
    await life.done("worker.diagnose")
    await life.done("retry.list")
    await life.done("sms.status")
    return life


async def _places(life: Life) -> None:
    app = await life.done("app.create", code=name(), name="App")
    await life.done("app.update", id=app["id"], name="Other")
    await life.done("app.get", id=app["id"])
    await life.done("app.search", size=1)
    kind = await life.done("resource_type.create", code=name(), name="Type")
    await life.done("resource_type.update", id=kind["id"], name="Other")
    await life.done("resource_type.get", id=kind["id"])
    await life.done("resource_type.search", size=1)
    await life.done("resource_type.delete", id=kind["id"])
    await life.done("app.delete", id=app["id"])
    secret = "integration secret of Eve"
    life.secrets.add(secret)
    place = await life.done("integration.create", name=name(), secrets=[secret])
    await life.done("integration.update", id=place["id"], secrets=[secret])
    await life.done("integration.get", id=place["id"])
    await life.done("integration.search", size=1)
    await life.done("integration.delete", id=place["id"])
    await _webhooks(life)


async def _webhooks(life: Life) -> None:
    webhook = await life.done("webhook.create", url="https://receiver.example/", events=["sms.*"])
    changed = await life.done("webhook.update", id=webhook["id"], plain=True, new_secret=True)
    life.secrets |= {webhook["secret"], changed["secret"]}
    await life.done("webhook.get", id=webhook["id"])
    await life.done("webhook.search", size=1)
    await life.done("webhook.test", id=webhook["id"])
    await life.done("webhook.deliveries", id=webhook["id"])
    await life.done("webhook.redrive", id=webhook["id"])
    await life.done("webhook.delete", id=webhook["id"])


async def _person(life: Life) -> Any:
    life.secrets |= {PASSWORD, NEXT, RESET}
    texts = {"name": name("Eve"), "mobile": number(), "position": name("boss"), "company": name("Inc")}
    user = await life.done(
        "user.create", username=name("eve"), email=address(), telephone=number(), password=PASSWORD, **texts
    )
    await life.done("user.update", id=user["id"], gender=name("f"), password=NEXT)
    for root in (1, 0):
        await life.done("user.set_root", id=user["id"], root=root)
    for request in ("user.disable", "user.enable"):
        await life.done(request, id=user["id"])
    await life.done("user.search", size=1)
    await life.done("user.check_taken", username=user["username"])
    life.secrets.add(FOREIGN)
    await life.done("user.check_import", users=[{"email": address(), "password_hash": FOREIGN}])
    await life.done("user.import", users=[{"email": address(), "password_hash": FOREIGN}])
    return user


async def _accounts(life: Life, user: Any) -> None:
    create = {"action": "create", "integration": "lark", "account": name()}
    other = {"action": "create", "integration": "slack", "account": name()}
    await life.done("account.apply", user_id=user["id"], actions=[create, other])
    await life.done("account.apply", user_id=user["id"], actions=[{**create, "action": "update", "account": name()}])
    await life.done("account.apply", user_id=user["id"], actions=[{"action": "delete", "integration": "slack"}])
    await life.done("account.list", user_id=user["id"])
    await life.done("account.resolve", user_ids=[user["id"]], integrations=["slack", "lark"])


async def _links(life: Life, user: Any) -> None:
    app = (await life.done("app.create", code=name(), name="App"))["id"]
    group = (await life.done("group.create", app_id=app, code=name(), name="Group"))["id"]
    role = (await life.done("role.create", app_id=app, code=name(), name=name("Role")))["id"]
    resource = (await life.done("resource.create", app_id=app, code="page", resource_type_id=1))["id"]
    await life.done("group.update", id=group, name="Other")
    await life.done("role.update", id=role, name=name("Other"))
    await life.done("resource.update", id=resource, detail="Other")
    await life.done("role.assign", user_id=user["id"], role_ids=[role])
    await life.done("group.join", user_id=user["id"], group_ids=[group])
    await life.done("group.grant", group_id=group, role_ids=[role])
    await life.done("role.grant", role_id=role, resource_ids=[resource])
    await _looks(life, app=app, user=user["id"], group=group, role=role)
    await life.done("role.withdraw", role_id=role, resource_ids=[resource])
    await life.done("group.withdraw", group_id=group, role_ids=[role])
    await life.done("group.leave", user_id=user["id"])
    await life.done("role.revoke", user_id=user["id"])
    await life.done("role.set_status", id=role, status=-1)
    await life.done("role.set_status", id=role, status=1)
    await life.done("resource.delete", id=resource)
    await life.done("role.delete", id=role)
    await life.done("group.delete", id=group)


async def _looks(life: Life, app: int, user: int, group: int, role: int) -> None:
    await life.done("group.get", id=group)
    await life.done("role.get", id=role)
    await life.done("resource.get", app=app, code="page")
    for listed in ("group.search", "role.search", "resource.search"):
        await life.done(listed, size=1)
    for listed in ("role.of_user", "group.of_user", "resource.of_user"):
        await life.done(listed, user_id=user)
    for listed in ("role.of_app", "group.of_app", "resource.of_app"):
        await life.done(listed, app=app)
    await life.done("role.of_group", group_id=group)
    await life.done("resource.of_role", role_id=role)
    await life.done("role.check", user_id=user, app=app, resources=["page"])


async def _sessions(life: Life) -> None:
    email = address()
    signed = await life.done("auth.sign_up", email=email, password=PASSWORD)
    life.secrets.add(signed["token"])
    await life.done("session.resolve", token=signed["token"])
    user_id = signed["user"]["id"]
    await life.done("session.list", user_id=user_id)
    await life.done("session.revoke", user_id=user_id)
    waiting = await life.done("session.attach_identity", provider="knock", subject=name())
    body = {"login": email, "password": PASSWORD, "realm": "starcedu_local"}
    bound = await life.done("auth.sign_in", **body, session=waiting["token"])
    life.secrets |= {waiting["token"], bound["token"]}
    await life.done("auth.change_password", token=bound["token"], old_password=PASSWORD, new_password=NEXT)
    again = await life.done("auth.sign_in", login=email, password=NEXT)
    life.secrets.add(again["token"])
    await life.done("auth.sign_out", token=again["token"])


async def _tenants(life: Life) -> None:
    made = await life.done("tenant.create", id=name("tenant"), title="Tenant")
    shown = {"id": made["id"], "secret": made["secret"]}
    await life.done("tenant.verify", **shown)
    body = {"email": address(), "password": PASSWORD, "realm": "starcedu_tenant", "tenant": shown}
    signed = await life.done("auth.sign_up", **body)
    life.secrets |= {made["secret"], signed["token"]}
    await life.done("session.resolve", token=signed["token"], realm="starcedu_tenant", tenant=shown)
    await life.done("tenant.get", id=made["id"])
    await life.done("tenant.search", size=1)
    await life.done("tenant.update", id=made["id"], new_key=True)
    await life.done("tenant.delete", id=made["id"])


async def _tokens(life: Life) -> None:
    issued = await life.done("token.issue", name=name(), scopes=["user.*"])
    life.secrets.add(issued["token"])
    await life.done("token.verify", token=issued["token"], needs="user.get")
    await life.done("token.search", size=1)
    await life.done("audit.search", name="token.issue", size=1)
    await life.done("migration.list")
    await life.done("migration.run", number=1)
    await life.done("audit.verify")
    await life.done("token.revoke", id=issued["id"])


async def _telephones(life: Life) -> None:
    first, known, fresh = number(), number(), number()
    code = await life.code(first)
    wrong = "000000" if code != "000000" else "000001"
    assert (await life.say("sms.verify_code", {"telephone": first, "code": wrong}))["status"] == "failed"
    await life.done("sms.verify_code", telephone=first, code=code)
    await life.done("user.create", telephone=known, password=PASSWORD)
    await life.done("auth.reset_password", telephone=known, code=await life.code(known), new_password=RESET)
    person = {"username": name(), "telephone": fresh, "password": PASSWORD}
    await life.done("auth.register", **person, code=await life.code(fresh))


async def _guesses(life: Life) -> None:
    body = {"login": address(), "password": "a wrong guess of Eve", "realm": "usermgmt"}
    life.secrets.add("a wrong guess of Eve")
    for _ in range(5):
        assert (await life.say("auth.sign_in", body))["problem"]["code"] == "auth.bad_credentials"
    assert (await life.say("auth.sign_in", body))["problem"]["code"] == "auth.locked"
