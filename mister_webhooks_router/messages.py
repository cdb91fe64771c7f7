"""Texts of the framework that a user can see. They say what happened, where, and what to do; none holds a secret."""

from __future__ import annotations

import asyncio
import concurrent.futures
import os
import traceback
from collections.abc import Iterable, Sequence
from difflib import get_close_matches
from pathlib import Path

_BELOW_HANDLERS = tuple(
    f"{folder}{os.sep}"
    for folder in (
        Path(__file__).parent,
        Path(__file__).parents[1] / "mister_webhooks",
        Path(asyncio.__file__).parent,
        Path(concurrent.futures.__file__).parent,
    )
)


def did_you_mean(name: str, known: Iterable[str], *, cutoff: float = 0.6) -> str:
    """` Did you mean 'x'?` with the nearest of the known names, or nothing."""
    close = get_close_matches(name, list(known), n=1, cutoff=cutoff)
    return f" Did you mean {close[0]!r}?" if close else ""


# --- Registration -----------------------------------------------------------------------------------------------------


def unknown_keyword(keyword: str, known: Sequence[str]) -> str:
    """`@app.on(metod="POST")`."""
    return f"app.on() has no keyword {keyword!r}.{did_you_mean(keyword, known)} It takes {', '.join(known)}."


def positional_condition(value: object) -> str:
    """`@app.on` without parentheses, or with something that is no keyword."""
    if callable(value):
        return "@app.on needs parentheses: write @app.on() for every event, or give conditions, @app.on(method='POST')."
    return f"app.on() takes keywords only, not {value!r}: for example @app.on(header={{'X-GitHub-Event': 'push'}})."


def unknown_method(method: object, known: Sequence[str]) -> str:
    """`method="PSOT"`."""
    guess = did_you_mean(method.upper(), known) if isinstance(method, str) else ""
    return f"method={method!r} is no method of a webhook.{guess} Webhooks come with {', '.join(known)}."


def bad_topic(topic: object) -> str:
    """`topic="incoming/acme"`."""
    return (
        f"topic={topic!r} is no name of a topic: give the whole name, such as 'incoming.acme.github' "
        "(letters, digits, '.', '_' and '-', at most 249)."
    )


def nothing_given(what: str) -> str:
    """`method=[]`."""
    return f"{what}=[] would match no event. Leave {what}= out to match every one."


def headers_no_mapping(value: object) -> str:
    """`header="push"`."""
    return f"header={value!r} is no dict: write header={{'X-GitHub-Event': 'push'}}."


def bad_header_name(name: object) -> str:
    """`header={"": …}`."""
    return f"{name!r} is no name of an HTTP header."


def bad_header_value(name: str, value: object) -> str:
    """`header={"X-N": 5}`."""
    hint = f" Write {str(value)!r}." if isinstance(value, int | float) and not isinstance(value, bool) else ""
    if value is None:
        hint = " For a header that is not there write ABSENT, for one with any value ANY."
    return (
        f"header {name!r}: {value!r} is no condition. Give a string, a compiled regular expression of strings, ANY, "
        f"ABSENT, a function of one value, or a list of these.{hint}"
    )


def async_header_function(name: str) -> str:
    """`header={"X-N": async_function}`."""
    return f"header {name!r}: the function is async, so its answer would always count as true. Make it a plain `def`."


def name_needed(what: str) -> str:
    """A lambda."""
    return f"{what} has no name of its own, and a handler's name is its identity: give one, app.on(name='…')."


def bad_handler_name(name: object) -> str:
    """`name="-"`."""
    return f"name={name!r} is no name of a handler: use letters, digits, spaces and any of . _ - < > : / @ +"


def name_taken(name: str, location: str, first: str) -> str:
    """Two handlers of one name."""
    return (
        f"two handlers are named {name!r}: {first} and {location}. A handler's name is its identity: "
        "give one of them another, app.on(name='…')."
    )


def no_function(value: object) -> str:
    """`app.on()(3)`."""
    return f"app.on() decorates functions, not {value!r}."


def class_no_handler(name: str) -> str:
    """`@app.on() class …`."""
    return (
        f"{name} is a class; calling it would handle nothing. Decorate a function, or register a method of an instance."
    )


def generator(name: str) -> str:
    """A handler with `yield`."""
    return f"{name} is a generator: its body would never run. Take `yield` out of it."


def generator_returned(name: str) -> str:
    """A handler that looks like a function and returns a generator."""
    return f"{name} returned a generator, whose body nobody runs. A handler does its work and returns."


def no_signature(name: str) -> str:
    """A function of C code."""
    return f"the arguments of {name} cannot be read. Wrap it: def handler(event): …"


def method_without_self(name: str, argument: str) -> str:
    """`@app.on()` inside a class body."""
    return (
        f"{name} is a method that is not bound, there is nothing to pass as {argument!r}: register the method of an "
        "instance, app.on()(instance.method)."
    )


def positional_only(name: str, argument: str) -> str:
    """`def handler(event, /)`."""
    return (
        f"{name}: the argument {argument!r} is positional-only, but handlers get arguments by name. Take the '/' out."
    )


def star_arguments(name: str, argument: str) -> str:
    """`def handler(*args)`."""
    return (
        f"{name} takes *{argument}, but handlers get arguments by name: name those that it needs. "
        "If a decorator made it, let the decorator use functools.wraps."
    )


def unknown_argument(name: str, argument: str, known: Sequence[str]) -> str:
    """`def handler(pyload)`."""
    guess = did_you_mean(argument, known)
    return f"{name}: no handler is given an argument {argument!r}.{guess} There are {', '.join(known)}."


def near_miss(name: str, argument: str, known: Sequence[str]) -> str:
    """`def handler(event, pyload=None)`."""
    return (
        f"{name}: the argument {argument!r} would always keep its default.{did_you_mean(argument, known)} "
        "If not, give it a name that is less alike."
    )


# --- The chain --------------------------------------------------------------------------------------------------------


def no_middleware(name: str, wrap: object) -> str:
    """`Middleware("x", 3, …)`."""
    return f"middleware {name!r}: {wrap!r} is no function `async def {name}(delivery, call_next) -> Outcome`."


def not_async(name: str, returned: object) -> str:
    """A middleware that is a plain `def`."""
    return (
        f"middleware {name!r} returned {type(returned).__name__} instead of something to await: "
        "write `async def` and `return await call_next(delivery)`."
    )


def no_outcome(name: str, returned: object) -> str:
    """A middleware that forgot its `return`."""
    return (
        f"middleware {name!r} returned {type(returned).__name__}, which is no outcome (Handled, Skipped, "
        "DeadLettered). Does it forget `return await call_next(delivery)`?"
    )


def inline_waited(layers: Sequence[str]) -> str:
    """A layer that is marked `inline` and waits for something else than the rest of the onion."""
    return (
        f"a middleware marked inline=True waited for something else than call_next: one of {', '.join(layers)}. "
        "Take inline=True away from it."
    )


# --- Running ----------------------------------------------------------------------------------------------------------


def malformed(error: BaseException) -> str:
    """A record that breaks the protocol, or speaks a newer one. The client's text says where, and what to do."""
    return f"{error}\nNothing is committed past this record: the protocol wants a client to stop here."


def failed(handler: str, position: object, error: BaseException) -> str:
    """What a handler raised, with the user's part of the traceback."""
    return f"{handler} failed on {position}: {describe(error)}\n\n{user_traceback(error)}\n"


def undecodable(error: BaseException) -> str:
    """A body that handlers want and that cannot be decoded."""
    return (
        f"the body of an event cannot be decoded, so no handler ran: {error}\n\n"
        "An event that no handler wants is passed over, and one that is handled by its headers alone (arguments "
        "headers, log) needs no body: change the conditions or the arguments to get past it."
    )


KEPT = "Its offset is kept: the event comes again at the next start."


def drain_timeout(what: str, seconds: float) -> str:
    """A delivery that did not end in time."""
    return f"{what} was still running {seconds:g} s after the stop. {KEPT}"


def loop_blocked(what: str, seconds: float) -> str:
    """A handler that blocks the loop over the end of the drain."""
    return f"{drain_timeout(what, seconds)} It blocks the event loop: in an `async def` handler, await what takes long."


def forced(signal_name: str) -> str:
    """The second signal."""
    return f"{signal_name} again: stopped at once, nothing more was committed.\n"


def describe(error: BaseException) -> str:
    """Class and message of an exception on one line."""
    text = str(error).partition("\n")[0]
    name = type(error).__name__
    return f"{name}: {text}" if text else name


def user_traceback(error: BaseException) -> str:
    """The traceback as Python prints it, from the first frame on that is not of the machinery that runs handlers."""
    report = traceback.TracebackException.from_exception(error)
    seen: set[int] = set()
    links = [report]
    while links:
        link = links.pop()
        if id(link) in seen:
            continue
        seen.add(id(link))
        _cut(link)
        links += [other for other in (link.__cause__, link.__context__, *(link.exceptions or ())) if other is not None]
    return "".join(report.format()).rstrip()


def _cut(report: traceback.TracebackException) -> None:
    frames = list(report.stack)
    while frames and frames[0].filename.startswith(_BELOW_HANDLERS):
        frames.pop(0)
    report.stack = traceback.StackSummary.from_list(frames)
