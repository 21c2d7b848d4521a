"""The console while nobody answers: it says where to look."""

from bridge.app import create_app
from bridge.settings import Settings
from tests.support.console import Visitor
from tests.support.loopback import http_client, serve
from tests.support.stack import Stack


async def test_a_page_without_an_answer_names_the_commands_that_look(stack: Stack) -> None:
    app = create_app(Settings(amqp_url=stack.amqp_url, bridge_timeout=0.0001, console=True))
    async with serve(app, lifespan="on") as url, http_client(url) as http:
        answer = await Visitor(http).sign_in("nobody")
    assert (answer.status_code, "bus.timed_out" in answer.text, "userbus doctor" in answer.text) == (504, True, True)
