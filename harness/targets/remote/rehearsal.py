"""One payment through an adapter, with nothing broken: all that is wrong with the adapter shows, and is said at once.

A payment, the same request again, a declined card, looks, the ledger and the books. What the system itself does wrong
(such as charging a retry again) is no mistake of the adapter: that is told apart, for a run to judge.
"""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from typing import TypeVar

from harness.core.adapter import Adapter, Charge, Payment, Seen, Tells, Word, gives
from harness.core.errors import ControlError, FaultlineError
from harness.core.target import Progress
from harness.targets.remote import asking
from harness.targets.remote.checking import checked_seen
from harness.targets.remote.likeness import odd_charge, odd_record, repeated, shown_as, unlike
from harness.targets.remote.links import RemoteLinks
from harness.targets.remote.ownership import Ownership

AMOUNT_MINOR = 1999
DECIDED_WITHIN_S = 10.0
"""How long a payment that is pending is looked after."""
LISTED_WITHIN_S = 5.0
"""How long the ledger may take to show a charge."""
_POLL_S = 0.5
_T = TypeVar("_T")


@dataclass
class Findings:
    """What a rehearsal found: `done` went as it should, `wrong` is the adapter's, `seen` is what the system did."""

    done: list[str] = field(default_factory=list)
    wrong: list[str] = field(default_factory=list)
    seen: list[str] = field(default_factory=list)

    def attempt(self, step: Callable[[], _T]) -> _T | None:
        """Return what a step returns; None, and its error among what is wrong, where it fails."""
        try:
            return step()
        except FaultlineError as error:
            told = f"{error} ({error.hint})" if error.hint else str(error)
            if told not in self.wrong:
                self.wrong.append(told)
            return None


class Rehearsal:
    """Plays one payment through an adapter. Nothing is broken, and `reset` is not called: it empties books."""

    def __init__(self, adapter: Adapter, progress: Progress = lambda _: None) -> None:
        self._adapter = adapter
        self._progress = progress
        self._own = Ownership()
        self._name, self._url = next(iter(adapter.api_urls.items()))
        self._merchant = next(iter(adapter.merchants))
        self.findings = Findings()

    @property
    def since_us(self) -> int:
        """The moment before which nothing of the rehearsal was made, in microseconds since the epoch."""
        return self._own.since_us

    def play(self) -> Findings:
        """Play everything, whatever fails on the way, and return what was found."""
        found, paid = self.findings, self._payment("check", self._adapter.cards[0])
        self._progress("looking at the links")
        found.attempt(self._links)
        self._progress("one payment, and the same again")
        first = found.attempt(lambda: self._ask(paid))
        if first is not None:
            self._sale(paid, first)
        self._progress("a card that is declined")
        declined = self._decline()
        self._progress("looks")
        found.attempt(lambda: self._looks(paid, first))
        self._progress("the ledger and the books")
        charges = found.attempt(lambda: self._ledger(paid, declined, first))
        if gives(self._adapter, "payments"):
            found.attempt(lambda: self._books(paid, charges or ()))
        return found

    def _payment(self, name: str, card: str, *, declines: bool = False) -> Payment:
        adapter, named = self._adapter, f"{self._own.tag}-{name}"
        currency, exponent = adapter.currency, adapter.exponent
        return Payment(f"{named}-pay", f"{named}-key", AMOUNT_MINOR, currency, exponent, card, declines, self._merchant)

    def _links(self) -> None:
        links = RemoteLinks(self._adapter.toxiproxy, self._adapter.links)
        links.connect()
        if disturbed := links.whole.disturbed():
            raise ControlError(f"links are not whole: {', '.join(disturbed)}", hint="remove their toxics, enable them")
        self.findings.done.append(f"Toxiproxy has {', '.join(self._adapter.links.values())}")

    def _ask(self, payment: Payment) -> Seen:
        """Send a payment and return what the adapter makes of the answer. Raises `ControlError`, showing the answer."""
        request = asking.said("send", lambda: self._adapter.send(payment))
        reply = asking.exchange(self._adapter, self._url, request, self._merchant)
        try:
            [seen] = checked_seen([asking.said("answer", lambda: self._adapter.answer(reply))], "answer")
        except ControlError as error:
            raise ControlError(f"{error}; it was given {shown_as(reply)}", hint=error.hint) from error
        if seen.word is Word.UNKNOWN:
            raise ControlError(
                f"answer() calls UNKNOWN what came to {request.method} {request.path}: {shown_as(reply)}",
                hint="nothing is broken now: this must be definite",
            )
        return seen

    def _sale(self, paid: Payment, first: Seen) -> None:
        found = self.findings
        if first.word not in (Word.PAID, Word.PENDING):
            found.wrong.append(f"answer() calls a payment with a sound card {first.word.name} (PAID, or PENDING)")
            return
        found.wrong += list(unlike(first, paid, "answer()"))
        if len(found.wrong) == 0:
            found.done.append(f"a payment is {first.word.name}, with the id {first.payment_id}")
        if (again := found.attempt(lambda: self._ask(paid))) is None:
            return
        found.seen += list(repeated(first, again, promised=Tells.REPLAYS in self._adapter.tells))
        other = replace(paid, reference=f"{paid.reference}-other", amount_minor=paid.amount_minor + 100)
        reused = found.attempt(lambda: self._ask(other))
        if reused is not None and reused.word not in (Word.KEY_REUSED, Word.REFUSED):
            found.seen.append(f"another payment under the same key is {reused.word.name}, not refused: I9 will say so")

    def _decline(self) -> Payment | None:
        if not self._adapter.declined_cards:
            self.findings.done.append("no card is declined: declines are left out of loads")
            return None
        card = self._adapter.declined_cards[0]
        payment = self._payment("decline", card, declines=True)
        seen = self.findings.attempt(lambda: self._ask(payment))
        if seen is not None and seen.word not in (Word.FAILED, Word.REFUSED, Word.PENDING):
            self.findings.wrong.append(
                f"the card {card} is {seen.word.name} (FAILED: name cards that are declined in declined_cards, or ())"
            )
        elif seen is not None:
            self.findings.done.append(f"the card {card} is {seen.word.name}")
        return payment

    def _looks(self, paid: Payment, first: Seen | None) -> None:
        for url in self._adapter.api_urls.values():
            if asking.look(self._adapter, url, f"{self._own.tag}-never", self._merchant):
                raise ControlError("found() shows payments of a reference that nobody paid", hint="none: an empty list")
        if first is None:
            return
        until = time.monotonic() + DECIDED_WITHIN_S
        while True:
            shown = asking.look(self._adapter, self._url, paid.reference, self._merchant)
            if not shown:
                raise ControlError("found() does not show the payment that was just made", hint="look by reference")
            if shown[0].word is not Word.PENDING or time.monotonic() > until:
                break
            time.sleep(_POLL_S)
        self._judge_look(paid, first, shown)

    def _judge_look(self, paid: Payment, first: Seen, shown: Sequence[Seen]) -> None:
        found = self.findings
        found.wrong += list(unlike(shown[0], paid, "found()"))
        if len(shown) > 1:
            found.seen.append(f"a look shows {len(shown)} payments of one reference")
        elif first.payment_id and shown[0].payment_id != first.payment_id:
            told = f"answer() says the id {first.payment_id!r} and found() says {shown[0].payment_id!r}"
            found.wrong.append(f"{told} (one id for one payment)")
        if shown[0].word is Word.PENDING:
            found.seen.append(f"the payment is still PENDING after {DECIDED_WITHIN_S:.0f} s")
        found.done.append(f"a look shows it as {shown[0].word.name}")

    def _ledger(self, paid: Payment, declined: Payment | None, first: Seen | None) -> Sequence[Charge]:
        until = time.monotonic() + LISTED_WITHIN_S
        while True:
            charges = asking.charges(self._adapter, self.since_us)
            mine = [item for item in charges if item.reference == paid.reference and item.status != "declined"]
            if mine or first is None or time.monotonic() > until:
                break
            time.sleep(_POLL_S)
        if first is not None and not mine:
            others = ", ".join(repr(item.reference) for item in charges[-3:]) or "none"
            raise ControlError(
                f"charges() has no charge with the reference {paid.reference!r}; its last references: {others}",
                hint="Charge.reference is the reference that your system sent along",
            )
        self.findings.wrong += [what for item in mine for what in odd_charge(item, paid, self._own.since_us)]
        if len(mine) > 1:
            self.findings.seen.append(f"the payment was charged {len(mine)} times: I1 will say so")
        if declined and any(item.reference == declined.reference and item.status == "captured" for item in charges):
            self.findings.wrong.append("charges() lists the declined payment as captured (declined, or not at all)")
        self.findings.done.append(
            f"the ledger lists the charge {mine[0].charge_id}" if mine else "the ledger can be listed"
        )
        return charges

    def _books(self, paid: Payment, charges: Sequence[Charge]) -> None:
        records = asking.payments(self._adapter, self.since_us)
        mine = [item for item in records if item.reference == paid.reference]
        if not mine:
            raise ControlError(
                f"payments() has no record with the reference {paid.reference!r}",
                hint="Record.reference is the payment's reference",
            )
        promised = Tells.CHARGES in self._adapter.tells
        odd = (what for item in mine for what in odd_record(item, paid, charges, promised=promised))
        self.findings.wrong += list(dict.fromkeys(odd))
        self.findings.done.append("the books list the payment")
