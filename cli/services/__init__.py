"""`userbus service`: the list of services, and the RabbitMQ users made from it."""
