"""Texts of the framework that a user can see. They say what happened, where, and what to do; none holds a secret."""

from __future__ import annotations

import asyncio
import concurrent.futures
import contextlib
import os
import traceback
from collections.abc import Iterable, Sequence
from difflib import get_close_matches
from pathlib import Path

_BELOW_HANDLERS = (
    *(
        f"{folder}{os.sep}"
        for folder in (
            Path(__file__).parent,
            Path(__file__).parents[1] / "mister_webhooks",
            Path(asyncio.__file__).parent,
            Path(concurrent.futures.__file__).parent,
        )
    ),
    contextlib.__file__,
)


def did_you_mean(name: str, known: Iterable[str], *, cutoff: float = 0.6) -> str:
    """` Did you mean 'x'?` with the nearest of the known names, or nothing."""
    close = get_close_matches(name, list(known), n=1, cutoff=cutoff)
    return f" Did you mean {close[0]!r}?" if close else ""


# --- Registration -----------------------------------------------------------------------------------------------------


def unknown_keyword(keyword: str, known: Sequence[str]) -> str:
    """`@app.on(metod="POST")`."""
    return f"app.on() has no keyword {keyword!r}.{did_you_mean(keyword, known)} It takes {', '.join(known)}."


def needs_parentheses() -> str:
    """`@app.on` without parentheses."""
    return "@app.on needs parentheses: write @app.on() for every event, or give conditions, @app.on(method='POST')."


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


def other_argument_meant(name: str, argument: str, meant: str) -> str:
    """`def handler(event: Delivery)`."""
    return f"{name}: the argument {argument!r} is annotated with the type of {meant!r}: call it {meant!r}."


def unreadable_annotation(name: str, annotation: str) -> str:
    """`def handler(payload: Invoice)` where nobody knows an `Invoice`."""
    return (
        f"{name}: the annotation {annotation!r} of 'payload' names something that is not there when the handler is "
        "registered. Define or import it before, at the top of the module, and not under `if TYPE_CHECKING`."
    )


def no_model(name: str, annotation: object, reason: str) -> str:
    """`def handler(payload: SomeClass)`."""
    return (
        f"{name}: a payload cannot be made into {annotation!r}: {reason} "
        "Annotate it with a pydantic model, a dataclass, a TypedDict, or a plain JSON type."
    )


def invalid_payload(faults: Sequence[str], count: int) -> str:
    """A body that a typed payload does not fit; values are not shown."""
    more = f"; {count} faults in all" if count > len(faults) else ""
    return f"the payload is not what the handler asks for: {'; '.join(faults)}{more}"


# --- Joining and starting apps ----------------------------------------------------------------------------------------


def no_app(value: object) -> str:
    """`app.include(3)`."""
    return f"app.include() takes an App, not {value!r}."


def includes_itself() -> str:
    """`app.include(app)`."""
    return "an app cannot include itself."


def included_twice(first: str) -> str:
    """The second `app.include(other)`."""
    return f"this app is included already, at {first}: each of its handlers would run twice."


def included_before(where: str) -> str:
    """`@other.on()` after `app.include(other)`."""
    return (
        f"this app was included in another one at {where}, which would not see what comes later: "
        "include it after its last handler is registered."
    )


def two_providers(topic: str, mine: str, theirs: str) -> str:
    """Two joined apps that name different senders."""
    return f"topic {topic!r} has the provider {mine!r} in one app and {theirs!r} in the other: take one of them out."


def lifespan_no_function(value: object) -> str:
    """`App(lifespan=3)`."""
    return f"lifespan={value!r} is no function. {_LIFESPAN}"


def lifespan_sync(function: object) -> str:
    """`@contextmanager def lifespan(app)`."""
    return f"lifespan: {_called(function)} makes a context manager for `with`, not for `async with`. {_LIFESPAN}"


def lifespan_undecorated(function: object) -> str:
    """`async def lifespan(app)` without its decorator."""
    return f"lifespan: {_called(function)} makes no context manager. {_LIFESPAN}"


def lifespan_failed(function: object, error: BaseException, *, entered: bool) -> str:
    """What it raised, with the user's part of the traceback."""
    when = "at the end, after the last commit" if entered else "at the start, before the first event"
    return f"the lifespan {_called(function)} failed {when}: {describe(error)}\n\n{user_traceback(error)}"


def lifespan_ended(function: object, error: BaseException | None) -> str:
    """A lifespan that was over before the events were."""
    why = f": {describe(error)}\n\n{user_traceback(error)}" if error else ""
    return f"the lifespan {_called(function)} ended while events were handled{why}"


def lifespan_stuck(seconds: float) -> str:
    """A lifespan that does not end."""
    return f"the lifespan was still closing {seconds:g} s after the last commit."


_LIFESPAN = "Write @contextlib.asynccontextmanager above `async def lifespan(app)` with one `yield`."


def _called(function: object) -> str:
    return str(getattr(function, "__qualname__", type(function).__qualname__))


# --- What an event is to a handler ------------------------------------------------------------------------------------


def after_final(name: str) -> str:
    """A handler that a final one leaves out."""
    return f"after the final handler {name!r}"


def not_left_over(what: str) -> str:
    """Why `@app.unmatched` does not get an event."""
    return f"unmatched: expected an event that no other handler takes, got {what}"


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


def match_failed(handler: str, position: object, error: BaseException) -> str:
    """What a condition of a handler raised."""
    return (
        f"a condition of {handler} failed on {position} (stage match), so nobody knows whether the handler takes the "
        f"event: {describe(error)}\n\n{user_traceback(error)}\n"
    )


def undecodable(error: BaseException) -> str:
    """A body that handlers want and that cannot be decoded."""
    return (
        f"the body of an event cannot be decoded (stage decode), so no handler ran: {error}\n\n"
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
    text = text_of(error).partition("\n")[0]
    name = type(error).__name__
    return f"{name}: {text}" if text else name


def text_of(error: BaseException) -> str:
    """Message of an exception. One that fails to give it says so, in the words of Python's tracebacks."""
    try:
        return str(error)
    except Exception:  # noqa: BLE001  it is code of a handler's
        return "<exception str() failed>"


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
