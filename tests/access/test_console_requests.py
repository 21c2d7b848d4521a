"""The console where callers are checked: it needs the rights of the operator."""

from pydantic import SecretStr

from bridge.app import create_app
from bridge.settings import Settings
from client.bus import Bus
from contracts.audit import SearchAudit
from contracts.users import CreateUser
from tests.support.console import PASSWORD, Visitor
from tests.support.loopback import http_client, serve
from tests.support.patience import PATIENCE


async def test_the_console_acts_with_the_rights_of_the_operator(urls: dict[str, str]) -> None:
    app = create_app(
        Settings(amqp_url=urls["bridge"], console_amqp_url=urls["operator"], console=True, bridge_timeout=PATIENCE)
    )
    async with Bus(urls["operator"], app_id="tests") as bus, serve(app, lifespan="on") as url, http_client(url) as http:
        root = await bus.ask(CreateUser(username="console_root", password=SecretStr(PASSWORD), root=1))
        visitor = Visitor(http)
        assert (await visitor.sign_in("console_root")).status_code == 303
        assert (await visitor.submit(f"/users/{root.id}", f"/users/{root.id}/unlock")).status_code == 303
        entries = (await bus.ask(SearchAudit(actor=f"user:{root.id}", name="auth.unlock"))).items
        assert "auth.unlock" in await visitor.read("/audit")
    assert [(entry.caller, entry.app_id) for entry in entries] == [("operator", "userbus-console")]


async def test_the_console_with_the_bridges_own_user_tells_what_is_missing(urls: dict[str, str]) -> None:
    app = create_app(Settings(amqp_url=urls["bridge"], console=True, bridge_timeout=PATIENCE))
    async with Bus(urls["operator"], app_id="tests") as bus, serve(app, lifespan="on") as url, http_client(url) as http:
        await bus.ask(CreateUser(username="console_root2", password=SecretStr(PASSWORD), root=1))
        visitor = Visitor(http)
        assert (await visitor.sign_in("console_root2")).status_code == 303
        refused = await http.get("/console/audit")
    assert (refused.status_code, "USERBUS_CONSOLE_AMQP_URL" in refused.text) == (403, True)
