#!/usr/bin/env bash
# A B3 trace whose sender has not decided on sampling is recorded in Python or not, by the form of its headers, and never in Node.
#
# PyPI opentelemetry-sdk 1.45.2 with opentelemetry-propagator-b3 1.45.1; npm @opentelemetry/sdk-trace-base 2.12.1 with
# @opentelemetry/propagator-b3 2.12.0 and @opentelemetry/api 1.9.1. All samplers are those that are there by default.
# Guessed: without a decision (no third part in b3, no x-b3-sampled), which B3 leaves to the receiver, the sampler is asked: it says yes.
# Seen: Python reads b3: TRACE-SPAN as "record", and x-b3-traceid with x-b3-spanid as "do not record"; Node reads both as "do not". Each
#   sends its reading on as if it had been the sender's decision, so that a whole tree of calls is missing or there.
# For a service like ours: let whoever begins a trace decide (b3: …-1), or exchange traceparent, which always has a decision.
set -euo pipefail
sed -n '2,/^set/s/^# \{0,1\}//p' "$0"
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
python3 -m venv venv
venv/bin/pip install -qq --disable-pip-version-check opentelemetry-sdk==1.45.2 opentelemetry-propagator-b3==1.45.1
npm install --loglevel error --no-audit --no-fund @opentelemetry/api@1.9.1 @opentelemetry/sdk-trace-base@2.12.1 \
  @opentelemetry/propagator-b3@2.12.0
cat > headers.json <<'JSON'
[
  {"b3": "80f198ee56343ba864fe8b2a57d3eff7-e457b5a2e4d86bd1"},
  {"x-b3-traceid": "80f198ee56343ba864fe8b2a57d3eff7", "x-b3-spanid": "e457b5a2e4d86bd1"},
  {"b3": "80f198ee56343ba864fe8b2a57d3eff7-e457b5a2e4d86bd1-1"},
  {}
]
JSON
venv/bin/python <<'PYTHON'
import json

from opentelemetry.context import Context
from opentelemetry.propagators.b3 import B3SingleFormat
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.trace import set_span_in_context

tracer = TracerProvider().get_tracer("finding")
recorded = []
for headers in json.load(open("headers.json")):
    span = tracer.start_span("call", context=B3SingleFormat().extract(headers, Context()))
    recorded.append(span.is_recording())
    sent = {}
    B3SingleFormat().inject(sent, set_span_in_context(span))
    print(f"Python, {headers}: recorded {recorded[-1]}, sends on ...{sent['b3'][-2:]}")
assert recorded == [True, False, True, True], "the behaviour has changed"
PYTHON
cat > spans.mjs <<'JAVASCRIPT'
import { readFileSync } from 'node:fs';
import { defaultTextMapGetter, ROOT_CONTEXT } from '@opentelemetry/api';
import { B3Propagator } from '@opentelemetry/propagator-b3';
import { BasicTracerProvider } from '@opentelemetry/sdk-trace-base';

const tracer = new BasicTracerProvider().getTracer('finding');
const recorded = JSON.parse(readFileSync('headers.json', 'utf8')).map((headers) => {
  const span = tracer.startSpan('call', {}, new B3Propagator().extract(ROOT_CONTEXT, headers, defaultTextMapGetter));
  console.log(`Node, ${JSON.stringify(headers)}: recorded ${span.isRecording()}`);
  return span.isRecording();
});
if (String(recorded) !== 'false,false,true,true') throw new Error('the behaviour has changed');
JAVASCRIPT
node spans.mjs
