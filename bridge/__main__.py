"""`python -m bridge`: serve until told to stop, then finish what is in hand."""

import logging
import os
import signal
import sys

import structlog
import uvicorn
from pydantic import ValidationError
from structlog.typing import Processor

from bridge.app import create_app
from bridge.settings import Settings

GRACE = 5


def main() -> None:
    """Read the settings, set up logs, serve; wrong settings are told in one line each."""
    try:
        settings = Settings(_secrets_dir=os.environ.get("USERBUS_SECRETS_DIR"))
    except ValidationError as error:
        for fault in error.errors(include_input=False):
            name = "USERBUS_" + "_".join(map(str, fault["loc"][:1])).upper()
            print(f"bridge: {name}: {fault['msg']}; see .env.example", file=sys.stderr)
        sys.exit(2)
    _logs(settings)
    # uvicorn raises the signal again when it has finished: to be told to stop is no failure.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    uvicorn.run(
        create_app(settings),
        host=settings.bridge_host,
        port=settings.bridge_port,
        loop="uvloop",
        http="httptools",
        server_header=False,
        date_header=False,
        access_log=False,
        proxy_headers=bool(settings.trusted_proxies),
        forwarded_allow_ips=list(settings.trusted_proxies),
        log_config=None,
        timeout_graceful_shutdown=int(settings.bridge_timeout) + GRACE,
    )


def _logs(settings: Settings) -> None:
    level = logging.getLevelNamesMapping()[settings.log_level.upper()]
    shared: list[Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.processors.add_log_level,
        structlog.processors.TimeStamper(fmt="iso"),
    ]
    formatter = structlog.stdlib.ProcessorFormatter(processors=_rendering(settings), foreign_pre_chain=shared)
    handler = logging.StreamHandler()
    handler.setFormatter(formatter)
    logging.basicConfig(level=level, handlers=[handler], force=True)
    for client in ("aiormq", "aio_pika"):
        # They log every failed attempt to connect; ours says once that the broker is gone, and once that it is back.
        logging.getLogger(client).setLevel(logging.CRITICAL)
    structlog.configure(
        processors=[*shared, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        wrapper_class=structlog.make_filtering_bound_logger(level),
        logger_factory=structlog.stdlib.LoggerFactory(),
        cache_logger_on_first_use=True,
    )


def _rendering(settings: Settings) -> list[Processor]:
    # Plain tracebacks: the local variables of a frame may hold passwords and tokens.
    clean = structlog.stdlib.ProcessorFormatter.remove_processors_meta
    if settings.log_format == "console":
        return [clean, structlog.dev.ConsoleRenderer(exception_formatter=structlog.dev.plain_traceback)]
    return [clean, structlog.processors.format_exc_info, structlog.processors.JSONRenderer()]


if __name__ == "__main__":
    main()
