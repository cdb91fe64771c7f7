from __future__ import annotations

from dataclasses import dataclass

from mister_webhooks.webhook_event import WebhookEvent
from mister_webhooks_router.routing import Condition, Selection, select
from tests.mister_webhooks_router.memory_source import make_event


@dataclass(frozen=True)
class Fixed:
    """A condition with a fixed answer that notes when it is asked."""

    answer: bool | Exception
    asked: list[Fixed]

    def matches(self, event: WebhookEvent) -> bool:
        self.asked.append(self)
        if isinstance(self.answer, Exception):
            raise self.answer
        return self.answer


@dataclass(frozen=True)
class Route:
    """What is needed of a handler."""

    conditions: tuple[Condition, ...] = ()
    final: bool = False


def test_all_conditions_must_match() -> None:
    """One that does not is enough, and those after it are not asked."""
    asked = list[Fixed]()
    yes, no = Fixed(answer=True, asked=asked), Fixed(answer=False, asked=asked)
    routes = [Route((yes, yes)), Route((no, yes)), Route((yes, no)), Route()]

    assert select(routes, make_event()) == [Selection(routes[0]), Selection(routes[3])]
    assert [one.answer for one in asked] == [True, True, False, True, False]


def test_a_final_match_leaves_out_what_follows() -> None:
    """But only a match does."""
    no = Fixed(answer=False, asked=[])
    routes = [Route((no,), final=True), Route(), Route(final=True), Route()]

    assert [one.handler for one in select(routes, make_event())] == routes[1:3]


def test_a_condition_that_raises_stands_with_its_handler() -> None:
    """The others are selected as ever; what is not known to match cuts nothing off."""
    error = ValueError("boom")
    broken = Fixed(answer=error, asked=[])
    routes = [Route(), Route((broken,), final=True), Route()]

    assert select(routes, make_event()) == [Selection(routes[0]), Selection(routes[1], error), Selection(routes[2])]
