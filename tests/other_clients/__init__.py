"""The clients of docs/other-clients.md with their defaults, on any RabbitMQ: `make clients`."""
