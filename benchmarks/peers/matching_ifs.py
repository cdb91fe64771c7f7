"""The same dispatch by hand: one function that looks up the header, or the field, and a chain of `if`s over it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from benchmarks.matching import Job, measure
from benchmarks.peers.matching_app import make
from mister_webhooks_router import WebhookEvent

LOOKUPS = {
    "header": 'event.method == "POST" and event.headers.first("X-GitHub-Event")',
    "where": 'event.payload["ref"]',
    "path": 'event.payload["repository"]["full_name"]',
}


def dispatch_for(job: Job) -> Callable[[WebhookEvent], str]:
    """The function that somebody would write."""
    lines = ["def dispatch(event):", f"    kind = {LOOKUPS[job.form]}"]
    for kind in job.kinds:
        lines += [f"    if kind == {kind!r}:", f"        return {kind!r}"]
    names: dict[str, Any] = {}
    exec("\n".join(lines), names)
    dispatch: Callable[[WebhookEvent], str] = names["dispatch"]
    return dispatch


def main() -> None:
    """Print what dispatching an event costs."""
    job = Job.from_arguments()
    dispatch = dispatch_for(job)

    def run(events: Sequence[WebhookEvent]) -> list[str]:
        return [dispatch(event) for event in events]

    print(measure(job, make, run))


if __name__ == "__main__":
    main()
