"""Routing: conditions, and which handlers an event goes to. Pure: nothing here runs a handler."""

from __future__ import annotations

from mister_webhooks_router.routing.condition import AllConditions, AnyCondition, Condition, NotCondition
from mister_webhooks_router.routing.conditions import (
    MethodCondition,
    Several,
    TopicCondition,
    check_topic,
    method_condition,
    topic_condition,
)
from mister_webhooks_router.routing.events import IN_BODY, EventCondition, InBody, Pattern, Sender, SenderOf
from mister_webhooks_router.routing.filters import Filter, FilterError, compile_filter
from mister_webhooks_router.routing.headers import (
    ABSENT,
    ANY,
    HeaderCondition,
    HeaderValue,
    Presence,
    header_conditions,
)
from mister_webhooks_router.routing.index import indexable
from mister_webhooks_router.routing.paths import Path, compile_path
from mister_webhooks_router.routing.patterns import search_for
from mister_webhooks_router.routing.selection import Selected, Selection, Selector
from mister_webhooks_router.routing.when import WhenCondition, when_condition
from mister_webhooks_router.routing.where import WhereCondition, where_condition

__all__ = [
    "ABSENT",
    "ANY",
    "IN_BODY",
    "AllConditions",
    "AnyCondition",
    "Condition",
    "EventCondition",
    "Filter",
    "FilterError",
    "HeaderCondition",
    "HeaderValue",
    "InBody",
    "MethodCondition",
    "NotCondition",
    "Path",
    "Pattern",
    "Presence",
    "Selected",
    "Selection",
    "Selector",
    "Sender",
    "SenderOf",
    "Several",
    "TopicCondition",
    "WhenCondition",
    "WhereCondition",
    "check_topic",
    "compile_filter",
    "compile_path",
    "header_conditions",
    "indexable",
    "method_condition",
    "search_for",
    "topic_condition",
    "when_condition",
    "where_condition",
]
