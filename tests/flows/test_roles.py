"""Roles: passport's rules, status, administrators, and the roles that users come with, end to end."""

import asyncio

from tests.support.client import Client
from tests.support.rows import Row, a_group, a_resource, a_role, a_user, an_app, code, ids

UNKNOWN = 9_007_199_254_740_991


async def test_creating_and_updating_a_user_tells_of_its_links(client: Client) -> None:
    app = await an_app(client)
    roles = [(await a_role(client, app))["id"] for _ in range(2)]
    group = (await a_group(client, app))["id"]
    events = await client.events("user.*", "role.*", "group.*")
    user = await a_user(client, role_ids=[roles[0], roles[0]], group_ids=[group])
    await client.done("user.update", {"id": user["id"], "role_ids": [roles[1], roles[1]], "group_ids": []})
    await client.done("user.update", {"id": user["id"], "role_ids": roles[1:], "name": "Same roles"})
    told = await events.about(f"user/{user['id']}", 8)
    assert [(event["type"].split(".", 1)[1].removesuffix(".v1"), event["data"].get("ids")) for event in told] == [
        ("user.created", None),
        ("role.assigned", roles[:1]),
        ("group.joined", [group]),
        ("user.updated", None),
        ("role.assigned", roles[1:]),
        ("role.revoked", roles[:1]),
        ("group.left", [group]),
        ("user.updated", None),
    ]
    assert [event["sequence"] for event in told] == [*range(1, 9)]


async def test_a_user_with_unknown_roles_or_groups_is_not_created(client: Client) -> None:
    for field, noun in (("role_ids", "role"), ("group_ids", "group")):
        name = code("user")
        problem = await client.refused("user.create", {"username": name, field: [UNKNOWN]})
        assert problem["code"] == f"{noun}.not_found"
        assert (await client.refused("user.get", {"username": name}))["code"] == "user.not_found"


async def test_a_taken_identifier_is_said_before_an_unknown_role(client: Client) -> None:
    taken, user = await a_user(client), await a_user(client)
    body = {"id": user["id"], "username": taken["username"], "role_ids": [UNKNOWN]}
    assert (await client.refused("user.update", body))["code"] == "user.username_taken"
    body["username"] = user["username"].upper()
    assert (await client.refused("user.update", body))["code"] == "role.not_found"


async def test_a_role_without_app_belongs_to_passport(client: Client) -> None:
    made: list[Row] = await asyncio.gather(*(client.done("role.create", {"name": code()}) for _ in range(5)))
    app = await client.done("app.get", {"code": "PASSPORT"})
    assert {role["app_id"] for role in made} == {app["id"]}
    for role in made:
        assert role["code"] == f"ROLE_{role['id']}"
        assert (role["admin"], role["status"], role["sort"]) == (0, 1, 99)


async def test_a_default_code_that_another_role_has_is_passed_over(client: Client) -> None:
    last = await client.done("role.create", {"name": code()})
    taken = [{"app_id": last["app_id"], "code": f"ROLE_{last['id'] + ahead}", "name": code()} for ahead in (3, 4)]
    others = [await client.done("role.create", body) for body in taken]
    role = await client.done("role.create", {"name": code(), "unique_name": True})
    assert role["code"] == f"ROLE_{role['id']}"
    assert role["code"] not in {other["code"] for other in others}
    chosen = {"name": code(), "app_id": last["app_id"], "id": role["id"] + 1_000_000}
    await client.done("role.create", {**taken[0], "code": f"ROLE_{chosen['id']}"})
    assert (await client.refused("role.create", chosen))["code"] == "role.code_taken"


async def test_names_are_unique_among_live_roles_where_asked(client: Client) -> None:
    role, name = await a_role(client, await an_app(client)), code("Editor")
    first = await client.done("role.create", {"name": name, "unique_name": True, "sort": 5})
    assert first["sort"] == 5
    for refused in (
        await client.refused("role.create", {"name": name.upper(), "unique_name": True}),
        await client.refused("role.update", {"id": role["id"], "name": name.lower(), "unique_name": True}),
    ):
        assert (refused["kind"], refused["code"]) == ("conflict", "role.name_taken")
    assert (await client.done("role.update", {"id": first["id"], "name": name, "unique_name": True}))["name"] == name
    assert (await a_role(client, await an_app(client), name=name))["name"] == name


async def test_of_simultaneous_creates_of_one_unique_name_one_wins(client: Client) -> None:
    body = {"name": code("Editor"), "unique_name": True}
    replies = await asyncio.gather(*(client.settle("role.create", body) for _ in range(10)))
    assert [reply["status"] for reply in replies].count("done") == 1
    codes = {reply["problem"]["code"] for reply in replies if reply["status"] == "failed"}
    assert codes == {"role.name_taken"}


async def test_a_soft_deleted_role_is_absent_everywhere_and_comes_back_with_its_links(client: Client) -> None:
    app = await an_app(client)
    role, resource, group = await a_role(client, app), await a_resource(client, app), await a_group(client, app)
    await client.done("role.grant", {"role_id": role["id"], "resource_ids": [resource["id"]]})
    await client.done("group.grant", {"group_id": group["id"], "role_ids": [role["id"]]})
    user = await a_user(client, role_ids=[role["id"]])
    events = await client.events("role.*")

    async def shown() -> list[bool]:
        found = await client.call("role.get", {"id": role["id"]})
        checked = await client.done(
            "role.check", {"user_id": user["id"], "app": app["id"], "resources": [resource["code"]]}
        )
        seen = await client.done("user.get", {"id": user["id"], "with_roles": True})
        return [
            found["status"] == "done",
            await ids(client, "role.of_user", user_id=user["id"]) == [role["id"]],
            await ids(client, "role.of_group", group_id=group["id"]) == [role["id"]],
            await ids(client, "role.of_app", app=app["id"]) == [role["id"]],
            await ids(client, "role.search", filter=[{"field": "id", "value": role["id"]}]) == [role["id"]],
            await ids(client, "resource.of_user", user_id=user["id"]) == [resource["id"]],
            checked["items"][0]["allowed"],
            [each["id"] for each in seen["roles"]] == [role["id"]],
        ]

    assert set(await shown()) == {True}
    for _ in range(2):
        assert (await client.done("role.set_status", {"id": role["id"], "status": -1}))["status"] == -1
    assert set(await shown()) == {False}
    for name, body in (
        ("role.update", {"id": role["id"]}),
        ("role.assign", {"user_id": user["id"], "role_ids": [role["id"]]}),
        ("role.grant", {"role_id": role["id"], "resource_ids": []}),
        ("resource.of_role", {"role_id": role["id"]}),
    ):
        assert (await client.refused(name, body))["code"] == "role.not_found"
    assert await client.done("role.delete", {"id": role["id"]}) == {"deleted": 0}
    assert (await client.done("role.get", {"id": role["id"], "include_deleted": True}))["status"] == -1
    for _ in range(2):
        assert (await client.done("role.set_status", {"id": role["id"], "status": 1}))["status"] == 1
    assert set(await shown()) == {True}
    told = await events.about(f"role/{role['id']}", 2)
    assert [(event["type"], event["data"]["status"]) for event in told] == [
        ("userbus.role.deleted.v1", -1),
        ("userbus.role.updated.v1", 1),
    ]


async def test_of_a_soft_deleted_role_the_id_stays_taken_code_and_name_are_free(client: Client) -> None:
    app, name = await an_app(client), code("Editor")
    role = await a_role(client, app, name=name)
    await client.done("role.set_status", {"id": role["id"], "status": -1})
    taken = {"app_id": app["id"], "code": role["code"], "name": name}
    assert (await client.refused("role.create", taken | {"id": role["id"]}))["code"] == "role.id_taken"
    await client.done("role.create", {"name": name, "unique_name": True})
    second = await client.done("role.create", taken)
    found = {"app": app["id"], "code": role["code"], "include_deleted": True}
    assert (await client.done("role.get", found))["id"] == second["id"]
    assert (await client.refused("role.create", taken))["code"] == "role.code_taken"
    assert (await client.refused("role.set_status", {"id": role["id"], "status": 1}))["code"] == "role.code_taken"
    await client.done("role.delete", {"id": second["id"]})
    assert (await client.done("role.get", found))["id"] == role["id"]
    restored = {"id": role["id"], "status": 1, "unique_name": True}
    assert (await client.refused("role.set_status", restored))["code"] == "role.name_taken"
    assert (await client.done("role.set_status", restored | {"unique_name": False}))["status"] == 1


async def test_of_a_restored_and_a_new_role_at_once_one_gets_the_code(client: Client) -> None:
    app = await an_app(client)
    role = await a_role(client, app)
    await client.done("role.set_status", {"id": role["id"], "status": -1})
    created = client.call("role.create", {"app_id": app["id"], "code": role["code"], "name": "new"})
    replies = await asyncio.gather(client.call("role.set_status", {"id": role["id"], "status": 1}), created)
    assert [reply["status"] for reply in replies].count("done") == 1
    assert [reply["problem"]["code"] for reply in replies if reply["status"] == "failed"] == ["role.code_taken"]


async def test_setting_no_status_moves_only_the_time(client: Client) -> None:
    role = await a_role(client, await an_app(client))
    await asyncio.sleep(0.002)
    touched = await client.done("role.set_status", {"id": role["id"]})
    assert touched == role | {"updated_at": touched["updated_at"]}
    assert touched["updated_at"] > role["updated_at"]
    assert (await client.refused("role.set_status", {"id": UNKNOWN, "status": 1}))["code"] == "role.not_found"


async def test_an_administrator_role_cannot_be_changed(client: Client) -> None:
    app = await an_app(client)
    role = await a_role(client, app, admin=1)
    for name, body in (
        ("role.update", {"id": role["id"], "app_id": UNKNOWN}),
        ("role.set_status", {"id": role["id"], "status": -1}),
        ("role.delete", {"id": role["id"]}),
        ("app.delete", {"id": app["id"]}),
    ):
        problem = await client.refused(name, body)
        assert (problem["kind"], problem["code"]) == ("conflict", "role.admin_protected")
    assert await client.done("role.get", {"id": role["id"]}) == role
