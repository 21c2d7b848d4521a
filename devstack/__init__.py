"""RabbitMQ and MongoDB for a developer's machine and for tests: given URLs, else containers, else local binaries."""
