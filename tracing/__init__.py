"""Traces: what a request makes bridge, client and worker do, as spans of OpenTelemetry; off unless switched on."""
