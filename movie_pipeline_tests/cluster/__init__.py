"""Several machines: real PostgreSQL, RabbitMQ and Redis, and namespaces as machines."""
