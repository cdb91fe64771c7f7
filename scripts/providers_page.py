"""Writes docs/reference/providers.md from the built-in providers: `python -m scripts.providers_page`."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Final

from mister_webhooks_router.providers import (
    SAMPLE_SECRETS,
    SAMPLE_URL,
    DeliveryId,
    Lookup,
    Moment,
    Origin,
    Provider,
    builtin_providers,
    sample_event,
)
from mister_webhooks_router.providers.builtin import PRESETS
from mister_webhooks_router.samples import samples

PAGE: Final = Path(__file__).parents[1] / "docs" / "reference" / "providers.md"

_INTRO: Final = """\
# Providers

<!-- Written by scripts/providers_page.py from mister_webhooks_router/providers/. Change those and run it again. -->

A provider is what the framework knows of one sender of webhooks: how its events are recognised, what they are called,
what makes two deliveries the same event, and when it happened. Handlers use it by writing the sender's name and, after
a colon, the event in the sender's own words:

```python
@app.on("github:push")                                    # one event
@app.on("github:pull_request.opened", "github:issues.*")  # an event with its action; any of several
@app.on("stripe:invoice.*")                               # a star is any characters, also none, also dots
```

Names are compared letter by letter, upper and lower case too. The name of a provider must be a known one. The name of
an event may be any: senders add events. Where it is close to one that the sender is known to have, you get a hint.

## Whose event is it?

1. The setting `providers = { "incoming.acme.pay" = "adyen" }` wins: it says who sends to a topic.
2. Otherwise the headers say it. A provider recognises an event that has all the headers in the table, whatever else
   the event has. Where several recognise it, the one gets it that names most of its headers, here or as "also" below.
3. When two name equally many, neither gets it, and the log says so once, with the setting that decides it.
4. An event that nobody recognises has no provider; `@app.on(header=…, where=…)` works for it as for any other.

Which provider it is never depends on the body. The name of the event often does; where it stands in a header, an event
that no handler wants is not decoded.

{table}

"Scope" is within what the id is unique: two events with the same id in different scopes are two. A missing value of the
scope counts as empty; a missing part of the id means that there is no id. Without an id, a duplicate that the sender
makes is an event of its own.

A time is in UTC; one without an offset is taken for UTC.

A body that is a list goes by the name and the time of its first item; `where=` reaches the others. A form is taken as
an object of its fields.

## Samples

`mwh explain --sample github:push`, and `sample("github:push")` of `mister_webhooks_router.providers`, take the first
sample that a pattern means. They were written for this project after the senders' documentation: names, ids and
addresses in them are made up.

They are signed with the secrets below, except GitHub's, which are not signed, and PayPal's, which only PayPal can sign.
The bytes that are signed are the payload as compact JSON in UTF-8, or as a form where the content type says so. Where
the sender signs the address, it is `{url}` and the provider's name; Twilio's lists
have their hash in it, as `bodySHA256`.
Whoever knows a secret can sign with it: these protect nothing. [Signatures](signatures.md) says how to check one.

{secrets}
"""


def page() -> str:
    """The text of the page."""
    table = "\n".join(_table(builtin_providers()))
    secrets = "\n".join(_secrets())
    sections = (line for preset in PRESETS for line in _preset(str(preset.__doc__), preset.PROVIDERS))
    intro = _INTRO.replace("{table}", table).replace("{secrets}", secrets).replace("{url}", SAMPLE_URL)
    return intro + "\n".join(sections)


def _table(providers: Iterable[Provider]) -> Iterator[str]:
    yield "| provider | recognised by | as in | id | time | handshakes |"
    yield "|---|---|---|---|---|---|"
    for one in providers:
        cells = (
            f"[{one.name}](#{one.name})",
            _headers(one.headers) or "the setting only",
            f"`{one.name}:{_typical(one)}`",
            "yes" if one.delivery_ids else "no",
            "yes" if one.occurred_at else "no",
            ", ".join(f"`{name}`" for name in one.handshakes),
        )
        yield f"| {' | '.join(cells)} |"


def _secrets() -> Iterator[str]:
    yield "| provider | secret or public key of the samples |"
    yield "|---|---|"
    for name, secrets in SAMPLE_SECRETS.items():
        yield f"| {name} | {', '.join(f'`{secret}`' for secret in secrets)} |"


def _preset(text: str, providers: Iterable[Provider]) -> Iterator[str]:
    """The sections of the providers of a module; what its docstring says stands in the first."""
    _, _, notes = text.partition("\n\n")
    notes, _, sources = notes.partition("\nSources:\n")
    for one in providers:
        yield f"\n## {one.name}\n"
        yield from _facts(one)
        if notes:
            yield f"\n{notes.strip()}\n\nWritten after:\n"
            yield from sources.strip().splitlines()
        notes = ""


def _facts(one: Provider) -> Iterator[str]:
    yield f"{one.title}.\n"
    yield f"- recognised by: {_headers(one.headers) or 'the setting for its topic only'}"
    if one.also:
        yield f"- also: {_headers(one.also)}"
    yield f"- event: {_places(one.event_key.name)}"
    if one.event_key.action:
        yield f"- action: {_places(one.event_key.action)}"
    for number, each in enumerate(one.delivery_ids):
        yield f"- {'else ' if number else ''}id: {_identity(each)}"
    if one.occurred_at:
        yield f"- time: {_times(one.occurred_at)}"
    if one.handshakes:
        yield f"- handshakes: {', '.join(f'`{name}`' for name in one.handshakes)}"
    yield f"- samples: {', '.join(dict.fromkeys(_samples(one)))}"


def _typical(provider: Provider) -> str:
    """An event with an action, or else one that is more than a handshake."""
    names = (Origin(provider, sample_event(one)).names for one in samples(provider.name))
    return max((each for each in names if not set(each) & set(provider.handshakes)), key=len)[-1]


def _samples(provider: Provider) -> Iterator[str]:
    for one in samples(provider.name):
        event = Origin(provider, sample_event(one)).event
        yield f"`{provider.name}:{event}`" if event else "an event without a name"


def _headers(names: Iterable[str]) -> str:
    return ", ".join(f"`{name}`" for name in names)


def _places(lookups: Iterable[Lookup]) -> str:
    return ", else ".join(map(str, lookups))


def _identity(one: DeliveryId) -> str:
    parts = " and ".join(map(str, one.parts))
    return f"{parts}, in {', '.join(map(str, one.scope))}" if one.scope else parts


def _times(moments: Iterable[Moment]) -> str:
    return ", else ".join(f"{one.at} ({_FORMS[one.form]})" for one in moments)


_FORMS: Final = {
    "seconds": "seconds since 1970",
    "milliseconds": "milliseconds since 1970",
    "iso": "ISO 8601",
    "mail": "as in mail",
}


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
