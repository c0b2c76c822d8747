"""Every attribute of an adapter, checked by itself: what is wrong with it, and what is valid."""

import re
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from pathlib import Path
from typing import TypeGuard

from harness.core.adapter import Adapter, Tells

_URL = re.compile(r"https?://[^/:\s]+:\d+")
_ADDRESS = re.compile(r"[^/:\s]+:\d+")
_LINK = re.compile(r"[\w.]+-to-[\w.-]+")
PATIENCE_S = (0.1, 20.0)
"""The load waits no longer than this for one answer, or it would not come to its end."""

Mistake = tuple[str, str]
"""What is wrong, and what is valid."""


def wrong_attributes(adapter: Adapter) -> Iterator[Mistake]:
    """Yield every mistake in the attributes that an adapter has."""
    for name, check in _CHECKS.items():
        if hasattr(adapter, name):
            yield from check(getattr(adapter, name))
    yield from _unpriced(adapter.currency, adapter.exponent)


def _unreachable(api_urls: object) -> Iterator[Mistake]:
    if not _named(api_urls):
        yield "api_urls names no replica", 'for example api_urls = {"api1": "http://127.0.0.1:8000"}'
    elif bad := [repr(url) for url in api_urls.values() if not _URL.fullmatch(url)]:
        yield f"api_urls: {', '.join(bad)} is not an address", "http://host:port or https://host:port, without a path"


def _unproxied(toxiproxy: object) -> Iterator[Mistake]:
    if not _ADDRESS.fullmatch(str(toxiproxy)):
        yield f"toxiproxy: {toxiproxy!r} is not an address", "host:port of Toxiproxy's control API"


def _unlinked(links: object) -> Iterator[Mistake]:
    if not _named(links):
        yield "links names no link", 'for example links = {"api1-to-stripe": "my-proxy"}'
    elif odd := [repr(name) for name in links if not _LINK.fullmatch(name)]:
        yield f"links: {', '.join(odd)} is not <from>-to-<to>", "for example api1-to-stripe, as `faultline show` has it"


def _untold(tells: object) -> Iterator[Mistake]:
    if not isinstance(tells, Collection) or isinstance(tells, str):
        yield f"tells: {tells!r} is not a set", "for example tells = frozenset({Tells.REPLAYS})"
    elif unknown := [str(item) for item in tells if not isinstance(item, str) or item not in set(Tells)]:
        yield f"tells: {', '.join(unknown)} is not known", f"valid: {', '.join(Tells)}"


def _unheaded(headers: object) -> Iterator[Mistake]:
    if not _headers(headers):
        yield f"headers: {headers!r:.100} is not a mapping of texts to texts", 'such as {"X-Tenant": "chaos"}'


def _unowned(merchants: object) -> Iterator[Mistake]:
    given = merchants if isinstance(merchants, Mapping) else {}
    fits = given and all(isinstance(name, str) and _headers(own) for name, own in given.items())
    if not fits:
        valid = 'each name with its headers, such as {"shop": {"Authorization": "Bearer test-key"}}'
        yield f"merchants: {merchants!r:.100} is not that", valid


def _uncarded(cards: object) -> Iterator[Mistake]:
    if not _texts(cards) or not cards:
        yield f"cards: {cards!r:.100} is not a list of texts", 'such as ("4242424242424242",)'


def _undeclined(cards: object) -> Iterator[Mistake]:
    if not _texts(cards):
        yield f"declined_cards: {cards!r:.100} is not a list of texts", "() where no card is declined"


def _impatient(patience_s: object) -> Iterator[Mistake]:
    low, high = PATIENCE_S
    if isinstance(patience_s, bool) or not isinstance(patience_s, int | float) or not low <= patience_s <= high:
        yield f"patience_s: {patience_s!r} is not between {low} and {high}", "seconds that one answer is waited for"


def _uncertified(ca_file: object) -> Iterator[Mistake]:
    if ca_file and not Path(str(ca_file)).is_file():
        yield f"ca_file: there is no file {ca_file}", "certificates in PEM, or '' for those that the machine knows"


def _headers(given: object) -> bool:
    if not isinstance(given, Mapping):
        return False
    texts = [text for pair in given.items() for text in pair]
    return all(isinstance(text, str) and "\n" not in text and "\r" not in text for text in texts)


def _texts(given: object) -> bool:
    return isinstance(given, Sequence) and not isinstance(given, str) and all(isinstance(item, str) for item in given)


_CHECKS: Mapping[str, Callable[[object], Iterator[Mistake]]] = {
    "api_urls": _unreachable,
    "toxiproxy": _unproxied,
    "links": _unlinked,
    "tells": _untold,
    "headers": _unheaded,
    "merchants": _unowned,
    "cards": _uncarded,
    "declined_cards": _undeclined,
    "patience_s": _impatient,
    "ca_file": _uncertified,
}


def _unpriced(currency: object, exponent: object) -> Iterator[Mistake]:
    if not (isinstance(currency, str) and len(currency) == 3 and currency.isalpha()):
        yield f"currency {currency!r} is none", "three letters, such as EUR"
    elif not (type(exponent) is int and exponent in range(5)):
        yield f"currency {currency!r} with {exponent} decimals is none", "such as EUR and 2, JPY and 0"


def _named(given: object) -> TypeGuard[Mapping[str, str]]:
    """Tell whether this is a mapping of texts to texts, and not empty."""
    if not isinstance(given, Mapping):
        return False
    return bool(given) and all(isinstance(text, str) for pair in given.items() for text in pair)
