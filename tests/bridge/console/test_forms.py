"""What the fields of forms hold."""

from html import unescape
from uuid import uuid4

from tests.bridge.console.conftest import SignedInOperator
from tests.support.client import Client

JOINED = "خانه\u200cها 👩\u200d💻"  # joiners are format characters, and part of words


async def test_a_changed_role_or_resource_keeps_what_was_not_typed(client: Client, operator: SignedInOperator) -> None:
    mark = uuid4().hex
    app = await client.done("app.create", {"code": f"A{mark}", "name": "app"})
    kind = await client.done("resource_type.create", {"code": f"K{mark}", "name": "kind"})
    role = await client.done("role.create", {"name": f"{JOINED} {mark}", "app_id": app["id"]})
    at = f"/roles/{role['id']}"
    await operator.visitor.submit(at, f"{at}/update", code=f"R{mark}")
    changed = await client.done("role.get", {"id": role["id"]})
    assert (changed["name"], changed["code"]) == (role["name"], f"R{mark}")
    body = {"app_id": app["id"], "resource_type_id": kind["id"], "code": f"old {mark}", "detail": f"{JOINED} & <i>"}
    resource = await client.done("resource.create", body)
    form = f"/resources/{resource['id']}/update"
    await operator.visitor.submit(f"/resources?text={mark}", form, code=f"new {mark}")
    changed = await client.done("resource.get", {"id": resource["id"]})
    assert (changed["detail"], changed["code"]) == (body["detail"], f"new {mark}")


async def test_a_tenant_is_named_by_its_id_whatever_its_letters(client: Client, operator: SignedInOperator) -> None:
    tenant = f"\u200d{uuid4().hex}"
    await client.done("tenant.create", {"id": tenant, "title": "T"})
    assert f'name="id" value="{tenant}"' in unescape(await operator.visitor.read("/tenants"))
