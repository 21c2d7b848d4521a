"""Forms that another site's page makes an operator's browser send."""

import re

from starlette.routing import Route

from bridge.app import create_app
from bridge.settings import Settings
from devstack.servers import RunningServers
from tests.bridge.conftest import run_bridge
from tests.support.console import COOKIE, asked_by_pages
from tests.support.other_sites import FOREIGN, MISSPELLED
from tests.support.scripted_worker import ScriptedWorker

SIGNALS = [{}, {"Sec-Fetch-Site": "none"}, *FOREIGN, *MISSPELLED]


def forms() -> list[str]:
    """The addresses of all forms of the console."""
    routes = (route for route in create_app(Settings(console=True)).routes if isinstance(route, Route))
    posts = (route.path for route in routes if "POST" in (route.methods or ()))
    return [re.sub(r"\{[^}]+\}", "1", path) for path in posts if path.startswith("/console/")]


async def test_no_form_is_taken_from_another_site(broker: RunningServers, worker: ScriptedWorker) -> None:
    addresses = forms()
    assert "/console/sign-out" in addresses
    async with run_bridge(broker.amqp_url, worker, console=True) as bridge:
        for path in addresses:
            for signals in SIGNALS:
                answer = await bridge.client.post(path, headers=signals | {"Cookie": f"{COOKIE}=abc"})
                said = "This form was not sent by a page of the console." in answer.text
                assert (answer.status_code, said, "set-cookie" in answer.headers) == (403, True, False), (path, signals)
    assert asked_by_pages(worker) == []
