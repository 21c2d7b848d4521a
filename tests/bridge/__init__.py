"""Tests of the bridge: units, and the whole of it on a real RabbitMQ."""
