"""RabbitMQ in memory, as far as userbus and its clients use it; whatever it does not know closes the channel."""
