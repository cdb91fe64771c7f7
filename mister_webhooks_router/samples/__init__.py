"""Sample webhooks, as event files: one file a provider. Names, ids and repositories in them are made up."""

from __future__ import annotations

from importlib.resources import files

from mister_webhooks_router import messages
from mister_webhooks_router.errors import UsageError
from mister_webhooks_router.event_file import FileEvent, parse_events

__all__ = ["providers", "samples"]


def providers() -> list[str]:
    """The providers that there are samples of."""
    names = (file.name for file in files(__name__).iterdir())
    return sorted(name.removesuffix(".jsonl") for name in names if name.endswith(".jsonl"))


def samples(provider: str) -> list[FileEvent]:
    """The sample webhooks of a provider, in the order in which a repository would see them.

    Raises `UsageError`, with the name that was probably meant, when there are none.
    """
    known = providers()
    if provider not in known:
        hint = messages.did_you_mean(provider, known) or f" There are samples of {', '.join(known)}."
        raise UsageError(f"no samples of {provider!r}.{hint}")
    file = files(__name__) / f"{provider}.jsonl"
    return list(parse_events(file.read_text(encoding="utf-8").split("\n"), f"{provider}.jsonl"))
