"""The Mister Webhooks client: read webhooks out of Kafka topics."""

from mister_webhooks.client import MisterWebhooksConsumer, decode_message
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
from mister_webhooks.kafka_admin import KafkaAdmin
from mister_webhooks.kafka_source import KafkaSource
from mister_webhooks.source import EventSource, RebalanceListener, Record, TopicPartition
from mister_webhooks.ssl_cert import new_ssl_client_context
from mister_webhooks.types import ConsumerRecord
from mister_webhooks.webhook_event import HTTPMethod, Position, WebhookEvent

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
