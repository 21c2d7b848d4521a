#!/usr/bin/env bash
# prometheus-client accepts two metrics that its output cannot tell apart.
#
# PyPI prometheus-client 0.26.0.
# Guessed: registering user.created beside user_created raises "Duplicated timeseries"; the labels tenant.id and tenant_id
#   of one metric raise too.
# Seen: both are accepted; the text output writes dots as underscores, so it holds the same sample twice with different values,
#   and one sample with the same label twice, both of which the format forbids.
# For a service like ours: name metrics and labels after events with underscores only, checked in a test.
set -euo pipefail
sed -n '2,/^set/s/^# \{0,1\}//p' "$0"
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
python3 -m venv venv
venv/bin/pip install -qq --disable-pip-version-check prometheus-client==0.26.0
venv/bin/python - <<'PYTHON'
from prometheus_client import CollectorRegistry, Counter, generate_latest

metrics = CollectorRegistry()
Counter("user.created", "Created users", registry=metrics).inc(1)
Counter("user_created", "Created users", registry=metrics).inc(2)
labels = CollectorRegistry()
Counter("signed_in", "Sign-ins", ["tenant.id", "tenant_id"], registry=labels).labels("a", "b").inc()


def samples(registry, prefix):
    return [line for line in generate_latest(registry).decode().splitlines() if line.startswith(prefix)]


same_name, same_label = samples(metrics, "user_created_total"), samples(labels, "signed_in_total")
print(*same_name, *same_label, sep="\n")
assert same_name == ["user_created_total 1.0", "user_created_total 2.0"], "the behaviour has changed"
assert same_label == ['signed_in_total{tenant_id="a",tenant_id="b"} 1.0'], "the behaviour has changed"
PYTHON
