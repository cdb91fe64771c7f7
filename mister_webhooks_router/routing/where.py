"""The condition on the body: a filter document."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from mister_webhooks.webhook_event import WebhookEvent
from mister_webhooks_router.routing.condition import Condition
from mister_webhooks_router.routing.filters import Filter, compile_filter
from mister_webhooks_router.routing.json_values import show


@dataclass(frozen=True, slots=True)
class WhereCondition(Condition):
    """The payload fulfils the filter."""

    filter: Filter

    @property
    def reads_body(self) -> bool:
        """It does."""
        return True

    @property
    def test(self) -> Callable[[WebhookEvent], bool]:
        """Without the way through this object."""
        holds = self.filter.matches
        return lambda event: holds(event.payload)

    def matches(self, event: WebhookEvent) -> bool:
        """Whether the payload matches."""
        return self.filter.matches(event.payload)

    def fault(self, event: WebhookEvent) -> str:
        """The place in the payload, what was expected there and what is."""
        return self.filter.explain(event.payload) or str(self)

    def __str__(self) -> str:
        return f"{self.filter.name} {show(self.filter.document)}"


def where_condition(given: object) -> WhereCondition:
    """Read `where=`: a document, or a compiled filter. Raises `FilterError`."""
    return WhereCondition(given if isinstance(given, Filter) else compile_filter(given))  # type: ignore[arg-type]  # checked there
