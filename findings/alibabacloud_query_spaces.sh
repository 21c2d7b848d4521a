#!/usr/bin/env bash
# Alibaba Cloud's SDK for Python signs a space in the query as %20 and sends it as +.
#
# PyPI alibabacloud-tea-openapi 0.4.6 with alibabacloud-tea 0.4.3.
# Guessed: the signature is over the query as it is sent.
# Seen: {"code": "1"} travels as %7B%22code%22%3A+%221%22%7D, and the signature (ACS3-HMAC-SHA256) is that of ...%3A%20....
# For a service like ours: a gateway of one's own, or a proxy that checks signatures, must decode the query and encode it again
#   as RFC 3986 says; comparing the text as sent refuses every request with a space. Write JSON without spaces.
set -euo pipefail
sed -n '2,/^set/s/^# \{0,1\}//p' "$0"
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
python3 -m venv venv
venv/bin/pip install -qq --disable-pip-version-check alibabacloud-tea-openapi==0.4.6 alibabacloud-tea==0.4.3
venv/bin/python - <<'PYTHON'
import hashlib
import hmac
import threading
from http.server import BaseHTTPRequestHandler, HTTPServer
from urllib.parse import parse_qsl, quote

from alibabacloud_tea_openapi.client import Client
from alibabacloud_tea_openapi.models import Config, OpenApiRequest, Params
from darabonba.runtime import RuntimeOptions

received = []


class Gateway(BaseHTTPRequestHandler):
    def do_POST(self):
        received.append((self.path, {name.lower(): text for name, text in self.headers.items()}))
        self.send_response(200)
        self.send_header("content-type", "application/json")
        self.end_headers()
        self.wfile.write(b'{"Code": "OK"}')

    def log_message(self, *_):
        pass


server = HTTPServer(("127.0.0.1", 0), Gateway)
threading.Thread(target=server.serve_forever, daemon=True).start()
client = Client(
    Config(access_key_id="id", access_key_secret="secret", endpoint=f"127.0.0.1:{server.server_port}", protocol="http")
)
call = Params(
    action="SendSms", version="2017-05-25", protocol="HTTP", pathname="/", method="POST", auth_type="AK", style="RPC",
    req_body_type="json", body_type="json",
)
client.call_api(call, OpenApiRequest(query={"TemplateParam": '{"code": "1"}'}), RuntimeOptions())
server.shutdown()

path, headers = received[0]
sent = path.partition("?")[2]
given = dict(part.split("=", 1) for part in headers["authorization"].partition(" ")[2].split(","))
names = given["SignedHeaders"].split(";")


def signature(query):
    lines = ["POST", "/", query, *(f"{name}:{headers[name]}" for name in names), "", given["SignedHeaders"]]
    text = "\n".join([*lines, headers["x-acs-content-sha256"]])
    digest = f"ACS3-HMAC-SHA256\n{hashlib.sha256(text.encode()).hexdigest()}"
    return hmac.new(b"secret", digest.encode(), hashlib.sha256).hexdigest()


encoded = "&".join(f"{name}={quote(text, safe='~')}" for name, text in sorted(parse_qsl(sent)))
seen = {query: signature(query) == given["Signature"] for query in (sent, encoded)}
for query, is_signed in seen.items():
    print(f"{query}: {'signed' if is_signed else 'not signed'}")
assert seen == {
    "TemplateParam=%7B%22code%22%3A+%221%22%7D": False,
    "TemplateParam=%7B%22code%22%3A%20%221%22%7D": True,
}, "the behaviour has changed"
PYTHON
