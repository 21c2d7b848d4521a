"""Who may send and receive what: the list of services, and the RabbitMQ users made from it."""
