from __future__ import annotations

from mister_webhooks_router import App, DeadLettered, Handled, Handler, Outcome, Skipped
from mister_webhooks_router.engine import Counts, DeliveryResult, EventResult, RunReport
from mister_webhooks_router.unmatched import Fate
from tests.mister_webhooks_router.memory_source import make_event


def make_handler(name: str) -> Handler:
    app = App()
    app.on(name=name)(lambda: None)
    return app.handlers[0]


def result(handler: str | None, outcome: Outcome | None) -> DeliveryResult:
    error = None if outcome else ValueError()
    return DeliveryResult(make_handler(handler) if handler else None, outcome, error, 0.1)


def test_a_report_counts_events_and_deliveries() -> None:
    """In all and by handler; what failed before any handler stands under `-`."""
    report = RunReport()
    report.add_event(EventResult(make_event(), [result("a", Handled()), result("b", Skipped("seen"))]))
    report.add_event(EventResult(make_event(), [result("a", None), result("b", DeadLettered("gave up"))]))
    report.add_event(EventResult(make_event(), [result(None, None)]))
    for fate in (Fate.UNMATCHED, Fate.HANDSHAKE, Fate.IGNORED, Fate.UNMATCHED):
        report.add_event(EventResult(make_event(), [], fate))

    assert report == RunReport(
        handled=1,
        skipped=1,
        dead_lettered=1,
        failed=2,
        events=7,
        unmatched=2,
        handshakes=1,
        ignored=1,
        handlers={"a": Counts(handled=1, failed=1), "b": Counts(skipped=1, dead_lettered=1), "-": Counts(failed=1)},
    )
