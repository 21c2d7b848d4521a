"""RabbitMQ and MongoDB for development and tests: external servers, else containers, else local binaries."""
