"""Roles and resources in the console: each act with its preview and its entry in the audit trail."""

import asyncio
from dataclasses import dataclass
from typing import Any
from uuid import uuid4

import pytest

from tests.bridge.console.conftest import SignedInOperator
from tests.support.client import Client
from tests.support.console import Visitor, audit_entries, create_root


@dataclass(frozen=True)
class Access:
    """An app with a role that gives access to its one resource."""

    app: dict[str, Any]
    resource: dict[str, Any]
    role: dict[str, Any]


@pytest.fixture
async def access(client: Client) -> Access:
    mark = uuid4().hex[:10]
    app = await client.done("app.create", {"code": f"app_{mark}", "name": "App"})
    kind = await client.done("resource_type.create", {"code": f"type_{mark}", "name": f"Pages {mark}"})
    owner = {"app_id": app["id"], "resource_type_id": kind["id"]}
    resource = await client.done("resource.create", {**owner, "code": f"page_{mark}"})
    role = await client.done("role.create", {"name": f"Reader {mark}", "app_id": app["id"]})
    await client.done("role.grant", {"role_id": role["id"], "resource_ids": [resource["id"]]})
    return Access(app, resource, role)


async def assert_audited(client: Client, operator: SignedInOperator, *names: str) -> None:
    for name in names:
        (entry,) = await audit_entries(client, actor=operator.actor, name=name)
        assert (entry["outcome"], entry["app_id"]) == ("done", "userbus-console")


async def submit(visitor: Visitor, page: str, action: str, **fields: str) -> str:
    """The page to which a form leads."""
    answer = await visitor.submit(page, action, **fields)
    assert answer.status_code == 303, answer.text
    return await visitor.read(answer.headers["location"].removeprefix("/console"))


async def test_a_role_is_created_changed_and_deleted(
    client: Client, operator: SignedInOperator, access: Access
) -> None:
    name = f"Writer {uuid4().hex[:10]}"
    answer = await operator.visitor.submit("/roles", "/roles", name=name, code="", app_id=str(access.app["id"]))
    path = answer.headers["location"].removeprefix("/console").partition("?")[0]
    page = await operator.visitor.read(path)
    assert (f"<h1>{name}" in page, f"<dd>{access.app['code']}</dd>" in page) == (True, True)
    page = await submit(operator.visitor, path, f"{path}/update", name=f"{name} 2", code="writer")
    assert ("The role is changed." in page, f"{name} 2" in page) == (True, True)
    assert f"{name} 2" not in await submit(operator.visitor, path, f"{path}/delete")
    assert "role.not_found" in await operator.visitor.read(path, 404)
    await assert_audited(client, operator, "role.create", "role.update", "role.delete")


async def test_a_role_is_given_resources_and_loses_them(
    client: Client, operator: SignedInOperator, access: Access
) -> None:
    path, code = f"/roles/{access.role['id']}", access.resource["code"]
    page = await submit(operator.visitor, path, f"{path}/withdraw")
    assert ("It gives access to none." in page, f">{code}</option>" in page) == (True, True)
    page = await submit(operator.visitor, path, f"{path}/grant", resource_id=str(access.resource["id"]))
    assert f"<li>{code}" in page
    await assert_audited(client, operator, "role.withdraw", "role.grant")


async def test_a_role_is_given_to_a_user_and_taken_away_after_a_preview(
    client: Client, operator: SignedInOperator, access: Access
) -> None:
    user = await create_root(client, root=0)
    users, role = f"/users/{user['id']}", access.role
    page = await operator.visitor.read(f"{users}/roles?text={role['name'].split()[1]}")
    assert f"/console{users}/roles/{role['id']}" in page
    preview = f"{users}/roles/{role['id']}"
    page = await operator.visitor.read(preview)
    assert ("It would give access to" in page, f"<li>{access.resource['code']}</li>" in page) == (True, True)
    page = await submit(operator.visitor, preview, f"{users}/roles/grant")
    assert ("The user has the role." in page, role["name"] in page) == (True, True)
    page = await operator.visitor.read(f"/roles/{role['id']}")
    assert user["username"] in page
    page = await operator.visitor.read(preview)
    assert ("lost without it" in page, f"<li>{access.resource['code']}</li>" in page) == (True, True)
    await submit(operator.visitor, preview, f"{users}/roles/revoke")
    assert (await client.done("user.get", {"id": user["id"]}))["role_ids"] == []
    await assert_audited(client, operator, "role.assign", "role.revoke")


async def test_a_resource_is_created_changed_and_deleted(
    client: Client, operator: SignedInOperator, access: Access
) -> None:
    code = f"button_{uuid4().hex[:10]}"
    owner = {"app_id": str(access.app["id"]), "resource_type_id": str(access.resource["resource_type_id"])}
    page = await submit(operator.visitor, "/resources", "/resources", code=code, detail="Send", **owner)
    assert "The resource is there" in page
    found = await client.done("resource.get", {"app": access.app["code"], "code": code})
    path = f"/resources/{found['id']}"
    await submit(operator.visitor, f"/resources?text={code}", f"{path}/update", code=code, detail="Delete")
    page = await operator.visitor.read(f"/resources?text={code}")
    assert ">Delete</td>" in page
    await submit(operator.visitor, f"/resources?text={code}", f"{path}/delete")
    assert "There is none." in await operator.visitor.read(f"/resources?text={code}")
    await assert_audited(client, operator, "resource.create", "resource.update", "resource.delete")


async def test_what_is_wrong_is_told_and_changes_nothing(
    client: Client, operator: SignedInOperator, access: Access
) -> None:
    for path, fields, status, told in (
        (f"/roles/{access.role['id']}/grant", {"resource_id": "9000000000"}, 404, "resource.not_found"),
        (f"/roles/{access.role['id']}/grant", {"resource_id": "x"}, 400, "resource_ids.0"),
        (f"/roles/{access.role['id']}/update", {"name": ""}, 400, "name"),
        ("/users/9000000000/roles/grant", {"role_id": str(access.role["id"])}, 404, "user.not_found"),
        (f"/users/{operator.user['id']}/roles/grant", {"role_id": ""}, 400, "role_ids.0"),
        ("/resources", {"app_id": "", "resource_type_id": "", "code": "a"}, 400, "app_id"),
    ):
        answer = await operator.visitor.send(path, **fields)
        assert (answer.status_code, told in answer.text) == (status, True), answer.text
    assert (await client.done("user.get", {"id": operator.user["id"]}))["role_ids"] == []


async def test_an_administrator_role_is_marked_and_kept(client: Client, operator: SignedInOperator) -> None:
    role = await client.done("role.create", {"name": f"Admin {uuid4().hex[:10]}", "admin": 1})
    path = f"/roles/{role['id']}"
    page = await operator.visitor.read(path)
    assert (f"{path}/delete" in page, "neither changed nor deleted" in page) == (False, True)
    assert "role.admin_protected" in (await operator.visitor.send(f"{path}/delete")).text
    assert "It is an administrator role" in await operator.visitor.read(f"/users/{operator.user['id']}{path}")


async def test_two_operators_who_delete_a_role_at_once_harm_nothing(operator: SignedInOperator, access: Access) -> None:
    path = f"/roles/{access.role['id']}"
    answers = await asyncio.gather(*(operator.visitor.send(f"{path}/delete") for _ in range(2)))
    assert [answer.status_code for answer in answers] == [303, 303]
    assert "role.not_found" in await operator.visitor.read(path, 404)


async def test_a_stranger_sees_and_does_nothing(stranger: Visitor, client: Client, access: Access) -> None:
    path = f"/roles/{access.role['id']}"
    for page in ("/roles", path, "/resources", "/users/1/roles", "/users/1/roles/1"):
        await stranger.read(page, 303)
    for action in (f"{path}/delete", f"{path}/withdraw", f"/resources/{access.resource['id']}/delete"):
        answer = await stranger.send(action, resource_id=str(access.resource["id"]))
        assert answer.headers["location"].startswith("/console/sign-in")
    assert (await client.done("role.get", {"id": access.role["id"]}))["revision"] == 2
