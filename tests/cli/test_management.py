"""URLs of the management API that lead nowhere, or elsewhere."""

import http.server
import socket
from collections.abc import Iterator
from threading import Thread

import pytest

from cli.management import Management, ManagementFailed
from tests.support.command_line import run_userbus
from tests.support.stack import Stack


@pytest.fixture
def elsewhere() -> Iterator[str]:
    """A web server that has pages, and no API."""
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Page) as server:
        Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://admin:secret@127.0.0.1:{server.server_port}"
        server.shutdown()


class Page(http.server.BaseHTTPRequestHandler):
    """The same page everywhere."""

    def do_GET(self) -> None:
        """Answer with it."""
        self.send_response(200)
        self.send_header("content-type", "text/html")
        self.send_header("content-length", "2")
        self.end_headers()
        self.wfile.write(b"hi")


@pytest.mark.parametrize("url", ["rabbitmq:15672", "http://rabbitmq:156720", "http://[::1:15672", "http://", "ftp://a"])
def test_what_is_no_url_is_told_without_its_password(url: str) -> None:
    with pytest.raises(ManagementFailed, match="USERBUS_MANAGEMENT_URL is no URL such as"):
        Management(url).list_users()


@pytest.mark.skipif(not socket.has_ipv6, reason="no IPv6")
def test_an_address_of_ipv6_is_connected_to() -> None:
    with pytest.raises(ManagementFailed, match=r"http://\[::1\]:1/api does not answer"):
        Management("http://admin:secret@[::1]:1").list_users()


async def test_a_page_in_place_of_the_api_is_told(stack: Stack, elsewhere: str) -> None:
    for words in (["topology", "plan"], ["doctor"]):
        status, out, err = await run_userbus(stack.amqp_url, *words, USERBUS_MANAGEMENT_URL=elsewhere)
        assert (status, "Traceback" in err) == (1, False)
        assert "not as RabbitMQ's management API" in " ".join((out + err).split())
