"""Which topics the receiver takes webhooks for."""

from __future__ import annotations

import re
from collections.abc import Collection

from mister_webhooks_router import messages

# Kafka's rule: org.apache.kafka.common.internals.Topic
_NAME = re.compile(r"[A-Za-z0-9._-]{1,249}")


class TopicChoice:
    """The topics that there is a reader for; None takes every name that Kafka would."""

    def __init__(self, topics: Collection[str] | None) -> None:
        self._topics = None if topics is None else sorted(topics)

    def objection(self, topic: str) -> tuple[int, str] | None:
        """The status and the text to refuse this topic with, or None."""
        if not _NAME.fullmatch(topic) or topic in {".", ".."}:
            return 400, f"{topic[:300]!r} can be no topic: use up to 249 letters, digits, dots, dashes and underscores"
        if self._topics is None or topic in self._topics:
            return None
        hint = messages.did_you_mean(topic, self._topics) or f" There are {', '.join(self._topics)}."
        return 404, f"topic {topic!r} is not read here.{hint}"
