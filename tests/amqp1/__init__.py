"""Clients that speak AMQP 1.0, with RabbitMQ 4: `make clients`."""
