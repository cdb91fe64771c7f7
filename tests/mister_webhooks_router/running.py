"""Ways to run an app in a test."""

from __future__ import annotations

import threading

from mister_webhooks_router import App
from mister_webhooks_router.engine import Runner, RunnerOptions, RunReport
from tests.mister_webhooks_router.memory_source import MemorySource

BURST = RunnerOptions(burst=True)


def run(app: App, source: MemorySource, options: RunnerOptions = BURST) -> RunReport:
    """Run the app over what is in the source."""
    return Runner(app, source, options).run()


def in_background(runner: Runner) -> tuple[threading.Thread, list[BaseException]]:
    """Run it on another thread; what it raises ends up in the list."""
    raised: list[BaseException] = []

    def target() -> None:
        try:
            runner.run()
        except BaseException as error:  # noqa: BLE001  looked at by the test
            raised.append(error)

    thread = threading.Thread(target=target, daemon=True)
    thread.start()
    return thread, raised


def ended(thread: threading.Thread) -> bool:
    thread.join(10)
    return not thread.is_alive()
