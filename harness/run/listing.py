"""Every payment of the run as the API lists it, a page at a time: a final read needs no question of its own then."""

import dataclasses
from collections.abc import Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Protocol, runtime_checkable

from harness.core.errors import FaultlineError
from harness.core.plain import JsonObject
from harness.core.target import Target
from harness.run.events import now_us

MERCHANTS_AT_ONCE = 4


@runtime_checkable
class Lists(Protocol):
    """A target that can list a merchant's payments."""

    def pages(self, merchant_id: str) -> Iterator[Sequence[JsonObject]]:
        """Yield a merchant's payments as the API shows them, a page at a time, each under its `merchant_reference`."""


@dataclasses.dataclass(frozen=True)
class Listed:
    """A payment that a page showed; `sent_us` is when the page was asked for (microseconds since the epoch)."""

    payment: JsonObject
    sent_us: int


Shown = Mapping[tuple[str, str], Sequence[Listed]]
"""What was shown for each merchant and reference."""


def shown_in_lists(target: Target, merchants: Iterable[str]) -> Shown:
    """Return what the lists of some merchants show.

    What they do not show, also where a page was not answered or a target has no lists, is asked for by its reference:
    that a payment is not there is nothing that a list says.
    """
    shown: dict[tuple[str, str], list[Listed]] = {}
    if isinstance(target, Lists):
        asked = sorted(set(merchants))
        with ThreadPoolExecutor(MERCHANTS_AT_ONCE) as readers:
            for merchant_id, found in zip(asked, readers.map(lambda item: _of(target, item), asked), strict=True):
                for one in found:
                    shown.setdefault((merchant_id, str(one.payment["merchant_reference"])), []).append(one)
    return shown


def _of(target: Lists, merchant_id: str) -> list[Listed]:
    """Return a merchant's payments; none at all where a page failed: half a list could hide one of two payments."""
    found: list[Listed] = []
    sent_us = now_us()
    try:
        for page in target.pages(merchant_id):
            found += [Listed(payment, sent_us) for payment in page]
            sent_us = now_us()
    except FaultlineError:
        return []
    return found
