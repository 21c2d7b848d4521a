"""Tests of tracing, with a receiver of OTLP."""
