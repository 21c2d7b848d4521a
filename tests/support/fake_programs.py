"""Fake programs in place of the worker and the bridge: `python -m tests.support.fake_programs worker|bridge|…`."""

import os
import signal
import sys
from http.server import BaseHTTPRequestHandler, HTTPServer

TOKEN = "token-of-the-tests"
PATHS = {"/health/ready": False, "/console": False, "/integration/lark": True}
"""Whether the path needs the token."""


class FakeBridge(BaseHTTPRequestHandler):
    """Reports itself as ready and accepts one token."""

    def do_GET(self) -> None:
        """Answer 200 to a known path with the token it needs, else 401 or 404."""
        needs_token = PATHS.get(self.path)
        right = self.headers.get("Authorization") == f"Bearer {TOKEN}"
        self.send_response(404 if needs_token is None else 200 if right or not needs_token else 401)
        self.send_header("Content-Length", "0")
        self.end_headers()


def main(part: str) -> None:
    """Play one part; with `--check` only tell whether the settings are right, for which `unset` has none."""
    if sys.argv[2:] == ["--check"]:
        sys.exit("worker: USERBUS_PREFETHC: there is no such setting" if part == "unset" else 0)
    sys.stderr.write(f"the fake {part} runs\n")
    if part == "worker":
        signal.pause()
    elif part == "bridge":
        HTTPServer(("127.0.0.1", int(os.environ["USERBUS_BRIDGE_PORT"])), FakeBridge).serve_forever()
    elif part == "token":
        sys.stdout.write(f"{TOKEN}\n")
    elif part == "broken":
        sys.exit("the fake worker fails on purpose")


if __name__ == "__main__":
    main(sys.argv[1])
