"""The client's exceptions.

    MisterWebhooksError
    ├── ProfileError (ValueError)            the connection profile is missing, unreadable or incomplete
    │   └── ProfileNotFound (FileNotFoundError)
    ├── BrokerError                          the broker cannot be reached or refuses us
    │   ├── BrokerUnreachable                nobody listens, no such host, or a peer that stays silent
    │   ├── BrokerNotTrusted                 TLS: certificate, CA or host name is wrong
    │   ├── AuthenticationFailed             the broker does not accept name and secret
    │   ├── AuthorizationFailed              a right on the topic or the group is missing
    │   └── TopicNotFound
    ├── CommitDeferred                       try the commit again after the next poll
    ├── CommitRefused                        the partitions are no longer ours
    ├── FormatError (ValueError)             a record without exactly one `envelope` header of one byte
    ├── UnsupportedEnvelope (ValueError)     a newer protocol: upgrade
    ├── DecodeError (ValueError)
    │   ├── EnvelopeDecodeError              the record is no Avro envelope
    │   └── PayloadDecodeError               the body is not what the envelope says, or no JSON value
    └── MissingExtra (ImportError)           an optional package is not installed

Messages say what happened, where, and what to do. None holds a secret.
"""

from __future__ import annotations


class MisterWebhooksError(Exception):
    """Base of everything that this package raises on purpose."""


class ProfileError(MisterWebhooksError, ValueError):
    """The connection profile cannot be used. The message names the file or variable and the field."""


class ProfileNotFound(ProfileError, FileNotFoundError):
    """There is no profile file at that path."""


class BrokerError(MisterWebhooksError):
    """The broker cannot be reached or refuses us; trying again without a change will not help."""


class BrokerUnreachable(BrokerError):
    """Nobody listens at the address, the name does not resolve, or the peer does not speak TLS in time."""


class BrokerNotTrusted(BrokerError):
    """The TLS certificate was refused: signed by another CA, for another host name, or out of date."""


class AuthenticationFailed(BrokerError):
    """The broker does not accept the profile's consumer name and secret."""


class AuthorizationFailed(BrokerError):
    """The credential lacks a right. The message names the topic or the group."""


class TopicNotFound(BrokerError):
    """The topic does not exist, or the credential may not see it."""


class CommitDeferred(MisterWebhooksError):
    """The commit did not happen or its outcome is unknown; try again with the then current offsets after a poll."""


class CommitRefused(MisterWebhooksError):
    """The partitions are no longer ours: their new owner will read from what was last committed."""


class FormatError(MisterWebhooksError, ValueError):
    """The record breaks the protocol: it must carry exactly one `envelope` header of exactly one byte."""


class UnsupportedEnvelope(MisterWebhooksError, ValueError):
    """The record's envelope type is newer than this package. Upgrade it."""


class DecodeError(MisterWebhooksError, ValueError):
    """A record could not be turned into an event."""


class EnvelopeDecodeError(DecodeError):
    """The record's value is not an Avro envelope."""


class PayloadDecodeError(DecodeError):
    """The webhook's body is not what the envelope says, has no JSON meaning, or exceeds a limit."""


class MissingExtra(MisterWebhooksError, ImportError):
    """An optional package is not installed. The message names the pip command."""

    def __init__(self, extra: str, purpose: str) -> None:
        super().__init__(f"{purpose} needs the extra {extra!r}: pip install 'mister-webhooks[{extra}]'")
        self.extra = extra
