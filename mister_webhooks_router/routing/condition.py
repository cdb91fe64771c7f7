"""The condition: a small immutable object that an event fulfils or does not, and that can say why not."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable
from dataclasses import dataclass

from mister_webhooks.webhook_event import WebhookEvent
from mister_webhooks_router.routing.json_values import cut

_LONGEST_EXPLANATION = 500


class Condition(ABC):
    """What a handler asks of an event. `&`, `|` and `~` make new ones; as text it says what it asks."""

    __slots__ = ()

    @property
    def reads_body(self) -> bool:
        """Whether it may need the body of an event. One that does not is asked first."""
        return False

    @property
    def test(self) -> Callable[[WebhookEvent], bool]:
        """What `matches` does, as it is asked for every event."""
        return self.matches

    @abstractmethod
    def matches(self, event: WebhookEvent) -> bool:
        """Whether the event is wanted.

        Raises what a function of the user raises, `PatternGaveUp` where a regular expression ran out of its budget, and
        `PayloadDecodeError` where the body is needed and cannot be decoded.
        """

    @abstractmethod
    def fault(self, event: WebhookEvent) -> str:
        """Why an event that does not match does not: `method: expected "POST", got "GET"`."""

    def explain(self, event: WebhookEvent) -> str | None:
        """The first clause that the event does not fulfil, on one line; None where it matches. Raises as `matches`."""
        return None if self.matches(event) else cut(self.fault(event), _LONGEST_EXPLANATION)

    def __and__(self, other: Condition) -> Condition:
        return AllConditions((self, other))

    def __or__(self, other: Condition) -> Condition:
        return AnyCondition((self, other))

    def __invert__(self) -> Condition:
        return NotCondition(self)


@dataclass(frozen=True, slots=True)
class AllConditions(Condition):
    """Every one of these matches; those after the first that does not are not asked."""

    conditions: tuple[Condition, ...]

    @property
    def reads_body(self) -> bool:
        """Whether one of them does."""
        return any(one.reads_body for one in self.conditions)

    def matches(self, event: WebhookEvent) -> bool:
        """Whether all match."""
        return all(one.matches(event) for one in self.conditions)

    def fault(self, event: WebhookEvent) -> str:
        """What the first says that does not match."""
        return next(fault for one in self.conditions if (fault := one.explain(event)) is not None)

    def __str__(self) -> str:
        return " and ".join(map(_in_brackets, self.conditions))


@dataclass(frozen=True, slots=True)
class AnyCondition(Condition):
    """At least one of these matches; those after it are not asked."""

    conditions: tuple[Condition, ...]

    @property
    def reads_body(self) -> bool:
        """Whether one of them does."""
        return any(one.reads_body for one in self.conditions)

    def matches(self, event: WebhookEvent) -> bool:
        """Whether one matches."""
        return any(one.matches(event) for one in self.conditions)

    def fault(self, event: WebhookEvent) -> str:
        """What each of them says."""
        return "; and ".join(one.fault(event) for one in self.conditions)

    def __str__(self) -> str:
        return " or ".join(map(_in_brackets, self.conditions))


@dataclass(frozen=True, slots=True)
class NotCondition(Condition):
    """The inner one does not match."""

    inner: Condition

    @property
    def reads_body(self) -> bool:
        """Whether the inner one does."""
        return self.inner.reads_body

    def matches(self, event: WebhookEvent) -> bool:
        """Whether the inner one does not."""
        return not self.inner.matches(event)

    def fault(self, event: WebhookEvent) -> str:  # noqa: ARG002 - it matches, there is no more to say
        """What must not be."""
        return f"expected {self}"

    def __str__(self) -> str:
        return f"not {_in_brackets(self.inner)}"


def called(function: Callable[..., object]) -> str:
    """A function of the user in messages."""
    return str(getattr(function, "__qualname__", type(function).__qualname__)).rpartition("<locals>.")[2]


def _in_brackets(condition: Condition) -> str:
    joined = isinstance(condition, AllConditions | AnyCondition | NotCondition)
    return f"({condition})" if joined else str(condition)
