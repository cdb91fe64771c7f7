from __future__ import annotations

import asyncio
import sys

import pytest
import uvloop

from mister_webhooks_router.engine.loop import new_event_loop


def test_uvloop_is_used_where_it_is_installed(monkeypatch: pytest.MonkeyPatch) -> None:
    """Without it Python's own loop does the same."""
    with_extra = new_event_loop()
    monkeypatch.setitem(sys.modules, "uvloop", None)
    without = new_event_loop()
    kinds = [isinstance(loop, uvloop.Loop) for loop in (with_extra, without)]
    with_extra.close()
    without.close()

    assert kinds == [True, False]
    assert isinstance(without, asyncio.AbstractEventLoop)
