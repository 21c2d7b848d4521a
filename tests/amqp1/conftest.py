"""The RabbitMQ with the generated users, and its worker, as the tests of access have them."""

from tests.access.conftest import restricted, restricted_worker, urls

__all__ = ["restricted", "restricted_worker", "urls"]
