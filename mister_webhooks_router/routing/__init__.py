"""Routing: conditions, and which handlers an event goes to. Pure: nothing here runs a handler."""

from __future__ import annotations

from mister_webhooks_router.routing.conditions import (
    ABSENT,
    ANY,
    Condition,
    HeaderCondition,
    HeaderValue,
    MethodCondition,
    Presence,
    Several,
    TopicCondition,
    header_conditions,
    method_condition,
    topic_condition,
)
from mister_webhooks_router.routing.paths import Path, compile_path
from mister_webhooks_router.routing.selection import Selection, select

__all__ = [
    "ABSENT",
    "ANY",
    "Condition",
    "HeaderCondition",
    "HeaderValue",
    "MethodCondition",
    "Path",
    "Presence",
    "Selection",
    "Several",
    "TopicCondition",
    "compile_path",
    "header_conditions",
    "method_condition",
    "select",
    "topic_condition",
]
