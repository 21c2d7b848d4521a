"""A worker that SIGUSR1 stops from recording spans, and starts again: both sides of a comparison in one process."""

import os
import signal

from tracing.export import open_recorder
from tracing.spans import is_on, record_with
from worker.__main__ import main as run_worker

ENDPOINT = "OTEL_EXPORTER_OTLP_ENDPOINT"


def main() -> None:
    """Run a worker that records, as the variables of OpenTelemetry say."""
    recorder, end = open_recorder("userbus-worker")
    del os.environ[ENDPOINT]  # else the worker opens a recorder of its own
    record_with(recorder)
    signal.signal(signal.SIGUSR1, lambda *_: record_with(None if is_on() else recorder))
    try:
        run_worker()
    finally:
        end()


if __name__ == "__main__":
    main()
