"""What spans cost by themselves: `python -m bench.spans`, the least of many rounds, in processor time of one thread."""

import time
from collections import deque
from collections.abc import Callable, Sequence

from opentelemetry.exporter.otlp.proto.common.trace_encoder import encode_spans
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import ReadableSpan, TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor, SimpleSpanProcessor, SpanExporter, SpanExportResult
from opentelemetry.sdk.trace.sampling import ALWAYS_ON

from tracing.export import ProgramResource
from tracing.recorder import OpenTelemetryRecorder
from tracing.spans import add_trace_id, begin_shared, begin_step, current, current_ids, record_with
from worker.delivery.delivery_span import begin_delivery_span, describe_outcome
from worker.delivery.envelope import Envelope

ROUNDS = 100
TIMES = 200  # requests a round
ENVELOPE = Envelope("user.get", None, b"{}" * 20, message_id="m" * 32, correlation_id="c" * 32, app_id="load")


class Kept(SpanExporter):
    """Keeps the last `most` of the spans that it is given."""

    def __init__(self, most: int) -> None:
        self.spans: deque[ReadableSpan] = deque(maxlen=most)

    def export(self, spans: Sequence[ReadableSpan]) -> SpanExportResult:
        """Keep the spans."""
        self.spans.extend(spans)
        return SpanExportResult.SUCCESS


def main() -> None:
    """Print the microseconds that a look-up spends on its spans: off, not recorded, recorded, and encoded."""
    _say("off", _measure(serve_lookup))
    provider = _provider()
    provider.add_span_processor(BatchSpanProcessor(Kept(0)))
    for words, ratio in (("not recorded", 0.0), ("recorded", 1.0)):
        record_with(OpenTelemetryRecorder(provider, ratio=ratio))
        _say(words, _measure(serve_lookup))
    kept, keeping = Kept(100), _provider()
    keeping.add_span_processor(SimpleSpanProcessor(kept))
    record_with(OpenTelemetryRecorder(keeping))
    serve_lookup()
    _say(f"its {len(kept.spans)} spans encoded", _measure(lambda: encode_spans([*kept.spans] * 50), 1) / 50)
    record_with(None)


def serve_lookup() -> None:
    """Begin and end what a worker records of a look-up, the command to MongoDB aside."""
    with begin_delivery_span(ENVELOPE) as span:
        with begin_step("decode"):
            pass
        with begin_step("handle"), begin_shared("look up", {"userbus.keys": 1}, [current()]):
            pass
        with begin_step("send reply", "producer", {"messaging.system": "rabbitmq"}):
            pass
        describe_outcome(span, "done")
        current_ids()
        add_trace_id(None, "info", {})


def _provider() -> TracerProvider:
    # as tracing.export makes it
    return TracerProvider(sampler=ALWAYS_ON, resource=ProgramResource(Resource.create()), shutdown_on_exit=False)


def _measure(work: Callable[[], object], times: int = TIMES) -> float:
    best = float("inf")
    for _ in range(ROUNDS):
        began = time.thread_time()
        for _ in range(times):
            work()
        best = min(best, (time.thread_time() - began) / times * 1e6)
    return best


def _say(words: str, microseconds: float) -> None:
    print(f"{words}: {microseconds:.1f} µs", flush=True)


if __name__ == "__main__":
    main()
