"""`userbus bridge`: serve until SIGTERM or SIGINT, then finish the requests in progress.

With `--check` only read the settings.
"""

import os
import signal
import sys

import uvicorn
from pydantic import ValidationError

from bridge.app import create_app
from bridge.logs import configure
from bridge.rest.connections import ConnectionLimits
from bridge.rest.protocol import limited_protocol
from bridge.settings import Settings
from contracts.environment import describe_mistyped
from contracts.faults import fault_text
from runtime.memory import configure_memory
from runtime.settings_file import EXPLAINED
from tracing.switch import TracingUnavailable, export_traces

SHUTDOWN_GRACE = 5
KEEP_ALIVE = 5


def main() -> None:
    """Read the settings and serve; exit with status 2 and one line for each wrong setting."""
    settings = _read_settings()
    if sys.argv[1:] == ["--check"]:
        return
    configure(settings.log_level, settings.log_format)
    try:
        with export_traces("userbus-bridge"):
            _serve(settings)
    except TracingUnavailable as error:
        print(f"bridge: {error}; see {EXPLAINED}", file=sys.stderr)
        sys.exit(2)


def _serve(settings: Settings) -> None:
    # uvicorn raises the signal again once it has finished: exit with status 0 then.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    limits = ConnectionLimits(settings.max_connections, settings.max_connections_per_address, settings.trusted_proxies)
    app = create_app(settings)
    configure_memory()
    uvicorn.run(
        app,
        host=settings.bridge_host,
        port=settings.bridge_port,
        loop="uvloop",
        http=limited_protocol(limits),
        ws="none",  # a package that is installed for Scalar's script would switch WebSockets on
        server_header=False,
        date_header=False,
        access_log=False,
        proxy_headers=bool(settings.trusted_proxies),
        forwarded_allow_ips=list(settings.trusted_proxies),
        log_config=None,
        timeout_keep_alive=KEEP_ALIVE,
        timeout_graceful_shutdown=int(settings.bridge_timeout) + SHUTDOWN_GRACE,
    )


def _read_settings() -> Settings:
    if mistyped := describe_mistyped(os.environ, Settings.model_fields):
        print("\n".join(f"bridge: {sentence} see {EXPLAINED}" for sentence in mistyped), file=sys.stderr)
        sys.exit(2)
    try:
        return Settings(_secrets_dir=os.environ.get("USERBUS_SECRETS_DIR"))
    except ValidationError as error:
        for fault in error.errors(include_input=False):
            name = "USERBUS_" + "_".join(map(str, fault["loc"][:1])).upper()
            print(f"bridge: {name}: {fault_text(fault)}; see {EXPLAINED}", file=sys.stderr)
        sys.exit(2)


if __name__ == "__main__":
    main()
