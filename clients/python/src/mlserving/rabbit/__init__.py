"""What the client needs of RabbitMQ: confirmed publishes, and direct replies."""
