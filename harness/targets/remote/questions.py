"""What the harness asks a system that is not ours in the course of a run: counted, and no more than it must."""

import time
from collections import Counter
from collections.abc import Callable, Sequence
from typing import TypeVar

from harness.core.adapter import Adapter, Charge, Record, Seen, gives
from harness.core.errors import ControlError, FaultlineError
from harness.targets.remote import asking

LISTED_BEFORE_US = 3_600_000_000
"""Before a run the lists are tried with what was made in the last hour: an empty one would show no mistake."""
BOOKS_DEADLINE_S = 20.0
"""How long the books are asked for, each part of them."""
_POLL_S = 0.5

_Item = TypeVar("_Item", Charge, Record)


class Questions:
    """Asks one system through its adapter. `asked` counts by what was asked for."""

    def __init__(self, adapter: Adapter) -> None:
        self._adapter = adapter
        self.asked: Counter[str] = Counter()

    def look(self, url: str, reference: str, merchant: str) -> Sequence[Seen]:
        """Return the payments with this reference, as that replica shows them to that merchant."""
        self.asked["looks"] += 1
        return asking.look(self._adapter, url, reference, merchant)

    def charges(self, since_us: int) -> Sequence[Charge]:
        """Return the gateway's charges, at least those made since then."""
        self.asked["charges()"] += 1
        return asking.charges(self._adapter, since_us)

    def payments(self, since_us: int) -> Sequence[Record]:
        """Return the system's books likewise."""
        self.asked["payments()"] += 1
        return asking.payments(self._adapter, since_us)

    def try_all(self, since_us: int) -> None:
        """List everything once, and look at a payment that there is. Raises `FaultlineError` with all mistakes."""
        since_us -= LISTED_BEFORE_US
        tried = [attempt(lambda: self.charges(since_us))]
        if gives(self._adapter, "payments"):
            tried.append(attempt(lambda: self._look_at_one(self.payments(since_us))))
        if problems := [item for item in tried if item is not None]:
            raise all_of(problems)

    def _look_at_one(self, known: Sequence[Record]) -> None:
        for record in filter(lambda item: item.reference, known[-1:]):
            for url in self._adapter.api_urls.values():
                self.look(url, record.reference, record.merchant)


def attempt(step: Callable[[], object]) -> FaultlineError | None:
    """Take a step and return what went wrong, None where nothing did."""
    try:
        step()
    except FaultlineError as error:
        return error
    return None


def all_of(problems: Sequence[FaultlineError]) -> FaultlineError:
    """Return one error that tells of all."""
    if len(problems) == 1:
        return problems[0]
    listed = "".join(f"\n  {item} ({item.hint})" if item.hint else f"\n  {item}" for item in problems)
    return ControlError(f"{len(problems)} things are wrong:{listed}", hint="`faultline check-adapter FILE` says more")


def insistent(what: str, ask: Callable[[], Sequence[_Item]], lacking: dict[str, str]) -> Sequence[_Item] | None:
    """Return what is listed, asking again where that fails; None, with the last reason noted, where it never comes."""
    until = time.monotonic() + BOOKS_DEADLINE_S
    while True:
        try:
            return ask()
        except FaultlineError as error:
            if time.monotonic() > until:
                lacking[what] = str(error)
                return None
            time.sleep(_POLL_S)
