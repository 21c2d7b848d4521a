"""Refusals of what asks the broker itself."""

from models.errors.base import Refusal


class BrokerUnavailable(Refusal):
    """RabbitMQ did not answer the worker in time, or does not let it look."""

    kind = "unavailable"
    code = "broker.unavailable"
    text = "the broker did not show the worker its queues in time: ask again"
