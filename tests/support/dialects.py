"""The dialects as the bridge serves them, without a broker."""

from bridge.app import create_dialects
from bridge.rest.dialect import Dialect, Endpoint
from bridge.rest.metrics import HttpMetrics
from bridge.settings import Settings
from client.bus import Bus

DIALECTS = create_dialects(Settings(), Bus("amqp://nowhere/", app_id="tests"), HttpMetrics(lambda: False))
DIALECT_NAMES = [dialect.name for dialect in DIALECTS]
ENDPOINTS: list[tuple[Dialect, Endpoint]] = [
    (dialect, endpoint) for dialect in DIALECTS for endpoint in dialect.endpoints
]
ENDPOINT_NAMES = [f"{endpoint.method} {endpoint.path}" for _, endpoint in ENDPOINTS]
