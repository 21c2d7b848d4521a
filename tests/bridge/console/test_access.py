"""Roles, integrations, tenants and service tokens in the console."""

import re
from typing import Any
from uuid import uuid4

from tests.bridge.console.conftest import SignedInOperator
from tests.support.client import Client
from tests.support.console import audit_entries

SHOWN = re.compile(r"</bdi> is <code>(.*?)</code>")


async def require_audited(client: Client, operator: SignedInOperator, name: str) -> None:
    (entry,) = await audit_entries(client, actor=operator.actor, name=name)
    assert (entry["outcome"], entry["app_id"]) == ("done", "userbus-console")


async def find_integration(client: Client, name: str) -> Any:
    return await client.done("integration.get", {"name": name})


async def test_a_token_is_issued_shown_once_and_revoked(client: Client, operator: SignedInOperator) -> None:
    name = f"<b>{uuid4().hex}"
    form = {"name": name, "scopes": "user.get, rbac", "days": "30"}
    answer = await operator.visitor.submit("/tokens", "/tokens", **form)
    (text,) = SHOWN.findall(answer.text)
    assert (await client.done("token.verify", {"token": text, "needs": "user.get"}))["name"] == name
    page = await operator.visitor.read("/tokens")
    assert (text in page, "&lt;b&gt;" in page, "<b>" in page) == (False, True, False)
    (number,) = re.findall(rf'Number">([0-9]+)</td>\s*<td data-label="Name">{name.replace("<b>", "&lt;b&gt;")}', page)
    answer = await operator.visitor.submit("/tokens", f"/tokens/{number}/revoke")
    assert answer.headers["location"] == "/console/tokens?notice=revoked"
    assert (await client.refused("token.verify", {"token": text}))["code"] == "token.invalid"
    assert f'Number">{number}<' in await operator.visitor.read("/tokens?state=all")
    for request in ("token.issue", "token.revoke"):
        await require_audited(client, operator, request)


async def test_a_token_that_names_nothing_is_refused(operator: SignedInOperator) -> None:
    for form in ({"scopes": "nothing.at_all"}, {"scopes": ""}, {"days": "soon"}, {"days": "0"}, {"name": ""}):
        given = {"name": "n", "scopes": "*", "days": "1", **form}
        assert (await operator.visitor.send("/tokens", **given)).status_code == 400, form


async def test_secrets_of_an_integration_are_written_and_not_read(client: Client, operator: SignedInOperator) -> None:
    name, secret = f"i{uuid4().hex}", f"s{uuid4().hex}"
    answer = await operator.visitor.submit("/integrations", "/integrations", name=name, secrets=f"{secret} b")
    assert answer.headers["location"] == "/console/integrations?notice=created"
    found = await find_integration(client, name)
    page = await operator.visitor.read("/integrations")
    assert (name in page, secret in page, found["secret_count"]) == (True, False, 2)
    at = f"/integrations/{found['id']}"
    await operator.visitor.submit("/integrations", f"{at}/secrets", secrets="c")
    assert (await find_integration(client, name))["secret_count"] == 1
    assert (await operator.visitor.submit("/integrations", f"{at}/delete")).status_code == 303
    assert (await client.refused("integration.get", {"name": name}))["code"] == "integration.not_found"
    for request in ("integration.create", "integration.update", "integration.delete"):
        await require_audited(client, operator, request)


async def test_a_tenant_is_created_with_a_secret_that_is_shown_once(client: Client, operator: SignedInOperator) -> None:
    tenant = f"t{uuid4().hex}"
    answer = await operator.visitor.submit("/tenants", "/tenants", id=tenant, title="T")
    (first,) = SHOWN.findall(answer.text)
    assert (await client.done("tenant.verify", {"id": tenant, "secret": first}))["id"] == tenant
    key = (await client.done("tenant.get", {"id": tenant}))["key"]
    answer = await operator.visitor.send("/tenants/secret", id=tenant, form_id="one")
    (second,) = SHOWN.findall(answer.text)
    assert (await client.refused("tenant.verify", {"id": tenant, "secret": first}))["code"] == "tenant.invalid"
    assert (await client.done("tenant.verify", {"id": tenant, "secret": second}))["id"] == tenant
    page = await operator.visitor.read("/tenants")
    assert (tenant in page, first in page, second in page) == (True, False, False)
    await operator.visitor.send("/tenants/key", id=tenant)
    assert (await client.done("tenant.get", {"id": tenant}))["key"] != key
    assert (await operator.visitor.send("/tenants", id="a b", title="T")).status_code == 400
    assert (await operator.visitor.send("/tenants/key", id="nobody")).status_code == 404
    await require_audited(client, operator, "tenant.create")


async def test_roles_show_their_resources(client: Client, operator: SignedInOperator) -> None:
    mark = uuid4().hex
    app = await client.done("app.create", {"code": f"A{mark}", "name": "app"})
    role = await client.done("role.create", {"name": f"role {mark}", "app_id": app["id"], "code": f"R{mark}"})
    kind = await client.done("resource_type.create", {"code": f"K{mark}", "name": "kind"})
    body = {"app_id": app["id"], "code": f"page {mark}", "resource_type_id": kind["id"]}
    resource = await client.done("resource.create", body)
    await client.done("role.grant", {"role_id": role["id"], "resource_ids": [resource["id"]]})
    page = await operator.visitor.read(f"/roles?text={mark}")
    assert (f"/console/roles/{role['id']}" in page, f"A{mark}" in page) == (True, True)
    page = await operator.visitor.read(f"/roles/{role['id']}")
    assert (f"page {mark}" in page, f"A{mark}" in page) == (True, True)
    assert "role.not_found" in await operator.visitor.read("/roles/9000000000", 404)
    assert "There is none." in await operator.visitor.read(f"/roles?text={uuid4().hex}")
