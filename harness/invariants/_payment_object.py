"""The payment as one client alone would find it: the sequential object that I21 holds every history against.

What it says is the contract of any payment API, not of one implementation: a payment is decided once; money is captured
once and never beyond what was authorised; refunds add up and never pass what was captured; an answer shows the payment
as it is at one moment between request and answer, and a version names one such state.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal, NamedTuple

What = Literal["create", "approve", "refuse", "capture", "void", "lapse", "refund", "take_back", "look", "look_refund"]


class Payment(NamedTuple):
    """The state. `refunds` has one bit for each refund in force; `ended`: canceled or expired, whoever did it."""

    stage: Literal["none", "open", "approved", "refused"] = "none"
    captured_minor: int = 0
    refunded_minor: int = 0
    ended: bool = False
    refunds: int = 0
    version: int = 0
    changed: bool = False
    """Something was done since an answer showed `version`, so that the same version cannot be shown again."""


@dataclass(frozen=True, slots=True)
class Act:
    """What was asked or seen. `number`: which refund of the payment. `amount_minor`: of a capture or refund.

    A look has what it showed: `status`, `version`, `captured_minor`, `refunded_minor` (None where the answer did not
    say); `status` is `absent` for a 404.
    """

    what: What
    op: str = ""
    amount_minor: int = 0
    number: int = 0
    status: str = ""
    version: int | None = None
    captured_minor: int | None = None
    refunded_minor: int | None = None


_OPEN = frozenset({"created", "processing", "requires_action"})
ENDED = frozenset({"canceled", "expired"})
"""Statuses of a payment that came to nothing after it was asked for; by whom, a status does not say."""


@dataclass(frozen=True, slots=True)
class PaymentObject:
    """The model of one payment of `amount_minor`, captured at once (`automatic`) or later."""

    amount_minor: int
    automatic: bool

    def init(self) -> Payment:
        """Return the payment that nobody has asked for yet."""
        return Payment()

    def step(self, state: Payment, act: Act) -> Iterable[Payment]:
        """Return the payment after the act; nothing where it was not possible, or could not have been seen, there."""
        if act.what == "look":
            return self._look(state, act)
        if act.what == "look_refund":
            in_force = bool(state.refunds >> act.number & 1)
            return (state,) if in_force == (act.status == "succeeded") else ()
        after = self._act(state, act)
        return () if after is None else (after._replace(changed=True),)

    def _act(self, state: Payment, act: Act) -> Payment | None:
        match act.what:
            case "create" if state.stage == "none":
                return state._replace(stage="open")
            case "approve" if state.stage == "open" and not state.ended:
                taken = self.amount_minor if self.automatic else 0
                return state._replace(stage="approved", captured_minor=taken)
            case "refuse" if state.stage == "open" and not state.ended:
                return state._replace(stage="refused")
            case "capture" if self._is_held(state) and 0 < act.amount_minor <= self.amount_minor:
                return state._replace(captured_minor=act.amount_minor)
            case "void" if self._is_held(state):
                return state._replace(ended=True)
            case "lapse" if self._is_held(state) or (state.stage == "open" and not state.ended):
                return state._replace(ended=True)
            case "refund" if self._fits(state, act):
                added = state.refunded_minor + act.amount_minor
                return state._replace(refunded_minor=added, refunds=state.refunds | 1 << act.number)
            case "take_back" if state.refunds >> act.number & 1:
                left = state.refunded_minor - act.amount_minor
                return state._replace(refunded_minor=left, refunds=state.refunds & ~(1 << act.number))
        return None

    def _is_held(self, state: Payment) -> bool:
        return state.stage == "approved" and not state.ended and state.captured_minor == 0

    def _fits(self, state: Payment, act: Act) -> bool:
        again = state.refunds >> act.number & 1
        return not again and 0 < act.amount_minor <= state.captured_minor - state.refunded_minor

    def _look(self, state: Payment, act: Act) -> Iterable[Payment]:
        if act.status == "absent":
            return (state,) if state.stage == "none" else ()
        if state.stage == "none" or act.status not in self._statuses(state):
            return ()
        if act.captured_minor not in (None, state.captured_minor):
            return ()
        if act.refunded_minor not in (None, state.refunded_minor):
            return ()
        if act.version is None:
            return (state,)
        if act.version < state.version or (act.version == state.version and state.changed):
            return ()
        return (state._replace(version=act.version, changed=False),)

    def _statuses(self, state: Payment) -> frozenset[str]:
        """Return the statuses that may be shown of such a payment."""
        if state.ended:
            return ENDED
        if state.stage == "open":
            return _OPEN
        if state.stage == "refused":
            return frozenset({"failed"})
        if state.captured_minor == 0:
            return frozenset({"authorized"})
        if state.refunded_minor:
            whole = state.refunded_minor >= state.captured_minor
            return frozenset({"refunded" if whole else "partially_refunded"})
        return frozenset({"captured" if state.captured_minor >= self.amount_minor else "partially_captured"})
