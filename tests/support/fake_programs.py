"""Programs that the tests run in place of the worker and the bridge: `python standin.py worker|bridge|seed|token`."""

import os
import signal
import sys
from http.server import BaseHTTPRequestHandler, HTTPServer

TOKEN = "token-of-the-tests"
PATHS = {"/health/ready": False, "/integration/lark": True}
"""Whether the path wants the token."""


class ReadyBridge(BaseHTTPRequestHandler):
    """Says that it is ready, and takes one token."""

    def do_GET(self) -> None:
        """200 where the path is known and the token, if the path wants one, is right."""
        wants_token = PATHS.get(self.path)
        right = self.headers.get("Authorization") == f"Bearer {TOKEN}"
        self.send_response(404 if wants_token is None else 200 if right or not wants_token else 401)
        self.send_header("Content-Length", "0")
        self.end_headers()


def main(part: str) -> None:
    """Play one part."""
    sys.stderr.write(f"the {part} stand-in runs\n")
    if part == "worker":
        signal.pause()
    elif part == "bridge":
        HTTPServer(("127.0.0.1", int(os.environ["USERBUS_BRIDGE_PORT"])), ReadyBridge).serve_forever()
    elif part == "token":
        sys.stdout.write(f"{TOKEN}\n")
    elif part == "broken":
        sys.exit("the stand-in fails as it was asked to")


if __name__ == "__main__":
    main(sys.argv[1])
