"""Handlers, middleware and plugins for webhooks that arrive through Kafka."""
