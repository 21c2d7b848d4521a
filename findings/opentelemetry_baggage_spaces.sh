#!/usr/bin/env bash
# A space in OpenTelemetry baggage becomes a plus sign between a Python and a Node service.
#
# PyPI opentelemetry-api 1.45.2; npm @opentelemetry/core 2.12.1 with @opentelemetry/api 1.9.0.
# Guessed: both percent-encode, as W3C Baggage says, so "Li Si" arrives as "Li Si" either way.
# Seen: Python writes "Li+Si" and Node reads Li+Si; Node writes "Li%20Si", which Python reads. A real "+" that a third
#   party writes as it is, which the specification allows, is a space for Python.
# For a service like ours: put only ids into baggage, never names or times.
set -euo pipefail
sed -n '2,/^set/s/^# \{0,1\}//p' "$0"
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
python3 -m venv venv
venv/bin/pip install -qq --disable-pip-version-check opentelemetry-api==1.45.2
npm install --loglevel error --no-audit --no-fund @opentelemetry/core@2.12.1 @opentelemetry/api@1.9.0
cat > from_python.py <<'PYTHON'
import sys

from opentelemetry import baggage
from opentelemetry.baggage.propagation import W3CBaggagePropagator

propagator, carrier = W3CBaggagePropagator(), {}
if sys.argv[1:]:
    print(baggage.get_baggage("name", propagator.extract({"baggage": sys.argv[1]})))
else:
    propagator.inject(carrier, baggage.set_baggage("name", "Li Si"))
    print(carrier["baggage"])
PYTHON
cat > from_node.js <<'JAVASCRIPT'
const api = require('@opentelemetry/api');
const { W3CBaggagePropagator } = require('@opentelemetry/core');

const propagator = new W3CBaggagePropagator();
const carrier = {};
if (process.argv[2]) {
  const context = propagator.extract(api.ROOT_CONTEXT, { baggage: process.argv[2] }, api.defaultTextMapGetter);
  console.log(api.propagation.getBaggage(context).getEntry('name').value);
} else {
  const entries = api.propagation.createBaggage({ name: { value: 'Li Si' } });
  propagator.inject(api.propagation.setBaggage(api.ROOT_CONTEXT, entries), carrier, api.defaultTextMapSetter);
  console.log(carrier.baggage);
}
JAVASCRIPT
python_wrote=$(venv/bin/python from_python.py)
node_wrote=$(node from_node.js)
node_read=$(node from_node.js "$python_wrote")
python_read=$(venv/bin/python from_python.py "$node_wrote")
plus_read=$(venv/bin/python from_python.py name=Li+Si)
echo "Python wrote $python_wrote, Node read $node_read"
echo "Node wrote $node_wrote, Python read $python_read"
echo "Python reads name=Li+Si as $plus_read"
expected='name=Li+Si|Li+Si|name=Li%20Si|Li Si|Li Si'
[ "$python_wrote|$node_read|$node_wrote|$python_read|$plus_read" = "$expected" ] || { echo 'the behaviour has changed'; exit 1; }
