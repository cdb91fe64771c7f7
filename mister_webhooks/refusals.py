"""What we say when a broker refuses or fails us: what happened, where, and what to do. Never the secret."""

from __future__ import annotations

import difflib
import re
from collections.abc import Collection, Mapping, Sequence

from mister_webhooks.connection_profile import ConnectionProfile
from mister_webhooks.errors import (
    AuthenticationFailed,
    AuthorizationFailed,
    BrokerError,
    BrokerUnreachable,
    MissingExtra,
    TopicNotFound,
)
from mister_webhooks.source import TopicPartition

LISTED_TOPICS = 10


def not_authenticated(profile: ConnectionProfile) -> AuthenticationFailed:
    """Name and secret were refused."""
    return AuthenticationFailed(
        f"{profile.kafka_bootstrap} does not accept {_consumer(profile)} with the secret in its profile;"
        " fetch the profile anew if the secret was changed"
    )


def no_right_on_topics(topics: Collection[str], profile: ConnectionProfile) -> AuthorizationFailed:
    """The credential may not read these topics."""
    names = ", ".join(map(repr, sorted(topics))) or "of its subscription"
    return AuthorizationFailed(f"{_consumer(profile)} has no right to read the topic {names}")


def no_right_on_group(group: str, profile: ConnectionProfile) -> AuthorizationFailed:
    """The credential may not use this consumer group."""
    return AuthorizationFailed(f"{_consumer(profile)} has no right to use the consumer group {group!r}")


def invalid_topic(topic: str) -> TopicNotFound:
    """No topic can have this name."""
    return TopicNotFound(f"{topic!r} is no topic: a name has letters, digits, '.', '_' and '-', and 249 at most")


def near_topics(topic: str, visible: Sequence[str]) -> str:
    """The end of a message about a topic: what was meant, or what there is."""
    if near := difflib.get_close_matches(topic, visible, n=1):
        return f"; did you mean {near[0]!r}?"
    if not visible:
        return "; this consumer may see no topic at all"
    more = ", …" if len(visible) > LISTED_TOPICS else ""
    return f"; this consumer may see: {', '.join(visible[:LISTED_TOPICS])}{more}"


def no_answer(error: Exception, profile: ConnectionProfile) -> BrokerUnreachable:
    """Connected, but questions stay without an answer."""
    return BrokerUnreachable(f"{profile.kafka_bootstrap} takes connections but does not answer as a broker ({error})")


def no_common_assignor(group: str) -> BrokerError:
    """The group's members share the partitions in another way."""
    return BrokerError(
        f"the consumer group {group!r} has members that share its partitions in another way; stop all of them first,"
        " or start with their assignor ('range' for the plain client of any version)"
    )


def no_codec(error: Exception) -> MissingExtra:
    """A record is compressed with something that a package not installed here can undo."""
    codec = re.search(r"for (\w+) compression", str(error))
    return MissingExtra("codecs", f"reading records compressed with {codec[1] if codec else 'this codec'}")


def offset_beyond_end(partition: TopicPartition, offset: int, end: int, group: str) -> BrokerError:
    """The group has read further than the log goes."""
    return BrokerError(
        f"{partition.topic}:{partition.partition} ends at offset {end}, before {offset} where the group {group!r} goes"
        " on reading: the topic was created anew, or has lost records. Nothing was skipped; choose with reset=True and"
        " start_from= where to go on"
    )


def records_gone(positions: Mapping[TopicPartition, int]) -> BrokerError:
    """Records that were about to be read are no longer there."""
    places = ", ".join(f"{topic}:{number}:{offset}" for (topic, number), offset in sorted(positions.items()))
    return BrokerError(
        f"there is no record at {places} any more: it was deleted before it was read, or the topic was created anew"
    )


def log_truncated(error: Exception) -> BrokerError:
    """Records that were read are no longer in the log."""
    return BrokerError(
        f"the broker has lost records that were read already, and others may stand in their place ({error});"
        " choose with reset=True and start_from= where to go on"
    )


def unexpected(error: Exception, profile: ConnectionProfile) -> BrokerError:
    """Anything else."""
    return BrokerError(f"reading from {profile.kafka_bootstrap} failed: {type(error).__name__}: {error}")


def _consumer(profile: ConnectionProfile) -> str:
    return f"the consumer {profile.consumer_name!r}"
