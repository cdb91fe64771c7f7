"""The Mister Webhooks client: read webhooks out of Kafka topics."""
