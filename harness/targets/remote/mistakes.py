"""Everything that is wrong with an adapter, found in one pass: whoever writes one should not learn it bit by bit."""

import inspect
from collections.abc import Callable, Collection, Iterator, Sequence

from harness.core.adapter import MERCHANT, Adapter, Payment, Request
from harness.targets.remote.attributes import Mistake, wrong_attributes

REQUIRED = ("send", "answer", "look", "found", "charges")
OPTIONAL = ("payments", "reset")
ATTRIBUTES = ("api_urls", "toxiproxy", "links")
PAGE = "docs/your-own-system.md writes one step by step"
OTHERS = "currency, exponent, tells, headers, merchants, cards, declined_cards, patience_s, ca_file"


def mistakes(adapter: Adapter, unwritten: Sequence[str] = ()) -> list[Mistake]:
    """Return every mistake of an adapter. `unwritten` names the methods that it lacks, which are not tried."""
    return [
        *_lacking(adapter, unwritten),
        *wrong_attributes(adapter),
        *_uncallable(adapter),
        *_unsaid(adapter, unwritten),
    ]


def lacking_methods(unwritten: Sequence[str]) -> Iterator[Mistake]:
    """Yield the mistake that these methods are missing; nothing where none is."""
    if unwritten:
        valid = f"methods: {', '.join(REQUIRED)}; optional: {', '.join(OPTIONAL)}; {PAGE}"
        yield f"the adapter lacks {', '.join(unwritten)}", valid


def _lacking(adapter: Adapter, unwritten: Sequence[str]) -> Iterator[Mistake]:
    yield from lacking_methods(unwritten)
    if absent := [name for name in ATTRIBUTES if not hasattr(adapter, name)]:
        valid = f"attributes: {', '.join(ATTRIBUTES)}; optional: {OTHERS}; {PAGE}"
        yield f"the adapter lacks {', '.join(absent)}", valid


_TAKES = {"send": ("payment",), "answer": ("reply",), "look": ("reference",), "found": ("reply", "reference")}
_LISTS = ("charges", "payments")


def _uncallable(adapter: Adapter) -> Iterator[Mistake]:
    """Yield the methods that take other things than they are given: they would fail in the middle of a run."""
    for name, given in _TAKES.items():
        if not _fits(method := getattr(adapter, name), *given):
            yield f"{name}{inspect.signature(method)} is not what is called", f"{name}(self, {', '.join(given)})"
    for name in _LISTS:
        method = getattr(adapter, name)
        if not (_fits(method) or ("since_us" in inspect.signature(method).parameters and _fits(method, since_us=0))):
            valid = f"{name}(self), or {name}(self, since_us)"
            yield f"{name}{inspect.signature(method)} is not what is called", valid


def _fits(method: Callable[..., object], *given: object, **named: object) -> bool:
    try:
        inspect.signature(method).bind(*given, **named)
    except TypeError:
        return False
    return True


def _unsaid(adapter: Adapter, unwritten: Collection[str]) -> Iterator[Mistake]:
    """Yield what is wrong with the requests that the adapter words, tried on a payment that is never sent."""
    card, merchant = _first(adapter.cards), _first(adapter.merchants)
    probe = Payment("probe", "probe-key", 1999, adapter.currency, adapter.exponent, card, False, merchant)
    asked: dict[str, Callable[[], Request]] = {
        "send": lambda: adapter.send(probe),
        "look": lambda: adapter.look("probe"),
    }
    for name, ask in asked.items():
        if name not in unwritten and (found := _tried(ask)):
            yield f"{name}() gives no request: {found}", "return Request(method, path, json, headers), the path from /"


def _first(named: object) -> str:
    """Return the first of some names; what is no list of them is told of elsewhere."""
    listed = named if isinstance(named, Collection) else ()
    return next((item for item in listed if isinstance(item, str)), MERCHANT)


def _tried(ask: Callable[[], Request]) -> str:
    """Return what was wrong with a request, in words; empty where nothing was."""
    try:
        request = ask()
        if isinstance(request, Request) and request.path.startswith("/") and b"\n" not in request.path.encode():
            _ = request.body
            return ""
    except Exception as error:  # noqa: BLE001 - whatever somebody else's code raises is theirs to read
        return f"{type(error).__name__}: {error}"
    return f"it returned {request!r}"
