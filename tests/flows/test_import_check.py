"""user.check_import end to end: what an import would do."""

from tests.flows.test_import import BCRYPT, imported, rows
from tests.support.client import Client


async def test_a_check_tells_what_an_import_would_do_and_writes_nothing(client: Client) -> None:
    taken, free, same = rows(3)
    await imported(client, [taken])
    users = [taken, free | {"password_hash": BCRYPT}, same, same, rows(1)[0] | {"password_hash": "!"}]
    users += [rows(1)[0] | {"password_hash": hash} for hash in ("{noop}secret", "$y$j9T$x")] + [{"name": "nobody"}]
    for _ in range(2):
        checked = await client.done("user.check_import", {"users": users})
        failed = {row["index"]: row["problem"]["code"] for row in checked.pop("failed")}
        assert checked == {"importable": 4, "without_password": [4], "schemes": {"bcrypt": 1, "plain": 1}}
        assert failed == {
            0: "user.username_taken", 3: "user.username_taken", 6: "password.hash_refused", 7: "message.invalid",
        }  # fmt: skip
    assert (await client.refused("user.get", {"username": free["username"]}))["code"] == "user.not_found"
