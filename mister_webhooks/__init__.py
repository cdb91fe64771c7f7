"""The Mister Webhooks client: read webhooks out of Kafka topics."""

import importlib
import typing

from mister_webhooks.connection_profile import ConnectionProfile
from mister_webhooks.envelope import Envelope, decode_envelope, encode_envelope
from mister_webhooks.errors import (
    AuthenticationFailed,
    AuthorizationFailed,
    BrokerError,
    BrokerNotTrusted,
    BrokerUnreachable,
    CommitDeferred,
    CommitRefused,
    DecodeError,
    EnvelopeDecodeError,
    FormatError,
    MissingExtra,
    MisterWebhooksError,
    PayloadDecodeError,
    ProfileError,
    ProfileNotFound,
    TopicNotFound,
    UnsupportedEnvelope,
)
from mister_webhooks.headers import Headers
from mister_webhooks.intake import Batch, Intake, IntakeEnded
from mister_webhooks.source import EventSource, RebalanceListener, Record, TopicPartition
from mister_webhooks.ssl_cert import new_ssl_client_context
from mister_webhooks.types import ConsumerRecord
from mister_webhooks.webhook_event import HTTPMethod, Position, WebhookEvent

if typing.TYPE_CHECKING:
    from mister_webhooks.client import MisterWebhooksConsumer, decode_message
    from mister_webhooks.kafka_admin import KafkaAdmin
    from mister_webhooks.kafka_source import KafkaSource

__all__ = [
    "AuthenticationFailed",
    "AuthorizationFailed",
    "Batch",
    "BrokerError",
    "BrokerNotTrusted",
    "BrokerUnreachable",
    "CommitDeferred",
    "CommitRefused",
    "ConnectionProfile",
    "ConsumerRecord",
    "DecodeError",
    "Envelope",
    "EnvelopeDecodeError",
    "EventSource",
    "FormatError",
    "HTTPMethod",
    "Headers",
    "Intake",
    "IntakeEnded",
    "KafkaAdmin",
    "KafkaSource",
    "MissingExtra",
    "MisterWebhooksConsumer",
    "MisterWebhooksError",
    "PayloadDecodeError",
    "Position",
    "ProfileError",
    "ProfileNotFound",
    "RebalanceListener",
    "Record",
    "TopicNotFound",
    "TopicPartition",
    "UnsupportedEnvelope",
    "WebhookEvent",
    "decode_envelope",
    "decode_message",
    "encode_envelope",
    "new_ssl_client_context",
]

_NEED_KAFKA = {
    "KafkaAdmin": "kafka_admin",
    "KafkaSource": "kafka_source",
    "MisterWebhooksConsumer": "client",
    "decode_message": "client",
}


def __getattr__(name: str) -> object:
    """Names whose modules load kafka-python, when they are asked for: it takes longer to load than all the rest."""
    if name == "client":
        return importlib.import_module("mister_webhooks.client")
    if name not in _NEED_KAFKA:
        raise AttributeError(f"module 'mister_webhooks' has no attribute {name!r}")
    return getattr(importlib.import_module(f"mister_webhooks.{_NEED_KAFKA[name]}"), name)
