#!/usr/bin/env bash
# One metric of OpenTelemetry has two names in Prometheus: with its unit from Python, without it from Node.
#
# PyPI opentelemetry-sdk 1.45.2 with opentelemetry-exporter-prometheus 0.66b2; npm @opentelemetry/sdk-metrics 2.12.1 with
# @opentelemetry/exporter-prometheus 0.223.0.
# Guessed: a name from the semantic conventions becomes one name, as OpenTelemetry's document on Prometheus has rules for it.
# Seen: http.server.request.duration (s) is http_server_request_duration_seconds_count from Python and http_server_request_duration_count
#   from Node; process.cpu.time and http.server.request.body.size (By) differ alike. Units in braces and the unit 1 make no difference.
# For a service like ours: a rule or dashboard that is copied from one team to another is silent rather than wrong; check that each
#   expression of an alert finds a series, and write rules for {__name__=~"http_server_request_duration(_seconds)?_count"}.
set -euo pipefail
sed -n '2,/^set/s/^# \{0,1\}//p' "$0"
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
python3 -m venv venv
venv/bin/pip install -qq --disable-pip-version-check opentelemetry-sdk==1.45.2 opentelemetry-exporter-prometheus==0.66b2
npm install --loglevel error --no-audit --no-fund @opentelemetry/api@1.9.1 @opentelemetry/sdk-metrics@2.12.1 \
  @opentelemetry/exporter-prometheus@0.223.0
venv/bin/python > python.txt <<'PYTHON'
from opentelemetry.exporter.prometheus import PrometheusMetricReader
from opentelemetry.sdk.metrics import MeterProvider
from prometheus_client import REGISTRY, generate_latest

meter = MeterProvider(metric_readers=[PrometheusMetricReader()]).get_meter("finding")
meter.create_histogram("http.server.request.duration", unit="s").record(0.2)
meter.create_histogram("http.server.request.body.size", unit="By").record(4)
meter.create_counter("process.cpu.time", unit="s").add(5)
meter.create_counter("messaging.client.sent.messages", unit="{message}").add(1)
meter.create_up_down_counter("process.cpu.utilization", unit="1").add(0.5)
print(generate_latest(REGISTRY).decode())
PYTHON
cat > metrics.mjs <<'JAVASCRIPT'
import { PrometheusExporter, PrometheusSerializer } from '@opentelemetry/exporter-prometheus';
import { MeterProvider } from '@opentelemetry/sdk-metrics';

const exporter = new PrometheusExporter({ preventServerStart: true });
const meter = new MeterProvider({ readers: [exporter] }).getMeter('finding');
meter.createHistogram('http.server.request.duration', { unit: 's' }).record(0.2);
meter.createHistogram('http.server.request.body.size', { unit: 'By' }).record(4);
meter.createCounter('process.cpu.time', { unit: 's' }).add(5);
meter.createCounter('messaging.client.sent.messages', { unit: '{message}' }).add(1);
meter.createUpDownCounter('process.cpu.utilization', { unit: '1' }).add(0.5);
console.log(new PrometheusSerializer().serialize((await exporter.collect()).resourceMetrics));
JAVASCRIPT
node metrics.mjs > node.txt
names() {
  grep -oE '^(http_server_[a-z_]*_count|messaging_client_[a-z_]*|process_cpu_(time|utilization)[a-z_]*)' "$1" | sort -u
}
echo 'from Python:'; names python.txt | tee python.names
echo 'from Node:'; names node.txt | tee node.names
diff python.names - <<'TEXT' && diff node.names - <<'TEXT_OF_NODE' || { echo 'the behaviour has changed'; exit 1; }
http_server_request_body_size_bytes_count
http_server_request_duration_seconds_count
messaging_client_sent_messages_total
process_cpu_time_seconds_total
process_cpu_utilization
TEXT
http_server_request_body_size_count
http_server_request_duration_count
messaging_client_sent_messages_total
process_cpu_time_total
process_cpu_utilization
TEXT_OF_NODE
