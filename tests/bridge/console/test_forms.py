"""What the fields of forms hold, and where a list goes on after a form was sent."""

import asyncio
import re
from html import unescape
from typing import Any
from urllib.parse import urljoin
from uuid import uuid4

import httpx

from tests.bridge.console.conftest import SignedInOperator
from tests.support.client import Client
from tests.support.console import Forms

JOINED = "خانه\u200cها 👩\u200d💻"  # joiners are format characters, and part of words
PAGE = 50  # rows


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


async def test_who_changes_one_field_leaves_alone_what_another_operator_has_changed_meanwhile(
    client: Client, operator: SignedInOperator
) -> None:
    mark = uuid4().hex
    app = await client.done("app.create", {"code": f"A{mark}", "name": "app"})
    kind = await client.done("resource_type.create", {"code": f"K{mark}", "name": "kind"})
    role = await client.done("role.create", {"name": f"old {mark}", "app_id": app["id"]})
    body = {"app_id": app["id"], "resource_type_id": kind["id"], "code": f"old {mark}", "detail": "old"}
    resource = await client.done("resource.create", body)
    for page, at, theirs in (
        (f"/roles/{role['id']}", f"/roles/{role['id']}", {"name": f"new {mark}"}),
        (f"/resources?text={mark}", f"/resources/{resource['id']}", {"detail": "new"}),
    ):
        noun, row = at.split("/")[1].removesuffix("s"), int(at.split("/")[2])
        form = Forms(await operator.visitor.read(page)).found[f"/console{at}/update"]
        await client.done(f"{noun}.update", {"id": row, **theirs})
        answer = await operator.visitor.send(f"{at}/update", **{**form, "code": f"mine {mark}"})
        assert answer.status_code == 303
        changed = await client.done(f"{noun}.get", {"id": row})
        assert changed.items() >= {**theirs, "code": f"mine {mark}"}.items()


async def test_a_tenant_is_named_by_its_id_whatever_its_letters(client: Client, operator: SignedInOperator) -> None:
    tenant = f"\u200d{uuid4().hex}"
    await client.done("tenant.create", {"id": tenant, "title": "T"})
    assert f'name="id" value="{tenant}"' in unescape(await operator.visitor.read("/tenants"))


async def test_a_list_goes_on_after_a_form_and_says_what_was_done_once(
    client: Client, operator: SignedInOperator
) -> None:
    bodies: list[dict[str, Any]] = [{"id": f"t{uuid4().hex}", "title": "T"} for _ in range(PAGE + 1)]
    tenants = await asyncio.gather(*(client.done("tenant.create", body) for body in bodies))
    answer = await operator.visitor.send("/tenants/secret", id=tenants[0]["id"])
    assert "It is shown here alone" in answer.text
    assert "<h1>Tenants</h1>" in await read_next(operator, answer)
    answer = await operator.visitor.http.get("/console/tenants?notice=new-key")
    assert "The tenant has a new signing key" in answer.text
    assert "The tenant has a new signing key" not in await read_next(operator, answer)


async def read_next(operator: SignedInOperator, answer: httpx.Response) -> str:
    (link,) = re.findall('href="([^"]*)" rel="next"', answer.text)
    following = await operator.visitor.http.get(urljoin(str(answer.url), unescape(link)))
    assert following.status_code == 200, following.text
    return following.text
