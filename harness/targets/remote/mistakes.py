"""Everything that is wrong with an adapter, found in one pass: whoever writes one should not learn it bit by bit."""

import re
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from typing import Any

from harness.core.adapter import Adapter, Payment, Request, Tells

REQUIRED = ("send", "answer", "look", "found", "charges")
OPTIONAL = ("payments", "reset")
ATTRIBUTES = ("api_urls", "toxiproxy", "links")
PAGE = "docs/your-own-system.md writes one step by step"
_URL = re.compile(r"http://[^/:\s]+:\d+")
_ADDRESS = re.compile(r"[^/:\s]+:\d+")
_LINK = re.compile(r"[\w.]+-to-[\w.-]+")

Mistake = tuple[str, str]
"""What is wrong, and what is valid."""


def mistakes(adapter: Adapter, unwritten: Sequence[str] = ()) -> list[Mistake]:
    """Return every mistake of an adapter. `unwritten` names the methods that it lacks, which are not tried."""
    return [*_lacking(adapter, unwritten), *_wrong(adapter), *_unsaid(adapter, unwritten)]


def lacking_methods(unwritten: Sequence[str]) -> Iterator[Mistake]:
    """Yield the mistake that these methods are missing; nothing where none is."""
    if unwritten:
        valid = f"methods: {', '.join(REQUIRED)}; optional: {', '.join(OPTIONAL)}; {PAGE}"
        yield f"the adapter lacks {', '.join(unwritten)}", valid


def _lacking(adapter: Adapter, unwritten: Sequence[str]) -> Iterator[Mistake]:
    yield from lacking_methods(unwritten)
    if absent := [name for name in ATTRIBUTES if not hasattr(adapter, name)]:
        valid = f"attributes: {', '.join(ATTRIBUTES)}; optional: currency, exponent, tells; {PAGE}"
        yield f"the adapter lacks {', '.join(absent)}", valid


def _wrong(adapter: Adapter) -> Iterator[Mistake]:
    for name, check in _CHECKS.items():
        if hasattr(adapter, name):
            yield from check(getattr(adapter, name))
    yield from _unpriced(adapter.currency, adapter.exponent)


def _unreachable(api_urls: Any) -> Iterator[Mistake]:
    if not _named(api_urls):
        yield "api_urls names no replica", 'for example api_urls = {"api1": "http://127.0.0.1:8000"}'
    elif bad := [repr(url) for url in api_urls.values() if not _URL.fullmatch(url)]:
        yield f"api_urls: {', '.join(bad)} is not an address", "http://host:port, without a path"


def _unproxied(toxiproxy: Any) -> Iterator[Mistake]:
    if not _ADDRESS.fullmatch(str(toxiproxy)):
        yield f"toxiproxy: {toxiproxy!r} is not an address", "host:port of Toxiproxy's control API"


def _unlinked(links: Any) -> Iterator[Mistake]:
    if not _named(links):
        yield "links names no link", 'for example links = {"api1-to-stripe": "my-proxy"}'
    elif odd := [repr(name) for name in links if not _LINK.fullmatch(name)]:
        yield f"links: {', '.join(odd)} is not <from>-to-<to>", "for example api1-to-stripe, as `faultline show` has it"


def _untold(tells: Any) -> Iterator[Mistake]:
    if not isinstance(tells, Collection) or isinstance(tells, str):
        yield f"tells: {tells!r} is not a set", "for example tells = frozenset({Tells.REPLAYS})"
    elif unknown := [str(item) for item in tells if not isinstance(item, str) or item not in set(Tells)]:
        yield f"tells: {', '.join(unknown)} is not known", f"valid: {', '.join(Tells)}"


_CHECKS: Mapping[str, Callable[[Any], Iterator[Mistake]]] = {
    "api_urls": _unreachable,
    "toxiproxy": _unproxied,
    "links": _unlinked,
    "tells": _untold,
}


def _unpriced(currency: object, exponent: object) -> Iterator[Mistake]:
    if not (isinstance(currency, str) and len(currency) == 3 and currency.isalpha()):
        yield f"currency {currency!r} is none", "three letters, such as EUR"
    elif not (type(exponent) is int and exponent in range(5)):
        yield f"currency {currency!r} with {exponent} decimals is none", "such as EUR and 2, JPY and 0"


def _named(given: object) -> bool:
    """Tell whether this is a mapping of texts to texts, and not empty."""
    if not isinstance(given, Mapping):
        return False
    return bool(given) and all(isinstance(text, str) for pair in given.items() for text in pair)


def _unsaid(adapter: Adapter, unwritten: Collection[str]) -> Iterator[Mistake]:
    """Yield what is wrong with the requests that the adapter words, tried on a payment that is never sent."""
    probe = Payment("probe", "probe-key", 1999, adapter.currency, adapter.exponent, "pm_card_visa", False)
    asked: dict[str, Callable[[], Request]] = {
        "send": lambda: adapter.send(probe),
        "look": lambda: adapter.look("probe"),
    }
    for name, ask in asked.items():
        if name not in unwritten and (found := _tried(ask)):
            yield f"{name}() gives no request: {found}", "return Request(method, path, json, headers), the path from /"


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
