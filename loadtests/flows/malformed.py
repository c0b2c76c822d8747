"""Requests that make no sense: each is refused with a typed 4xx, and nothing happens."""

from collections.abc import Callable

from harness.core.plain import Plain
from loadtests.operations import PAYMENTS, Operation
from loadtests.plan import Arrival
from loadtests.session import Session

Nonsense = Callable[[Session, str], Operation]


def run(session: Session, arrival: Arrival) -> None:
    """Send two different nonsensical requests, each with a reference of its own (where it has one)."""
    first = arrival.choose("nonsense", len(NONSENSE))
    for step in (0, 7):
        reference = f"{session.name}-nonsense-{step}"
        operation = NONSENSE[(first + step) % len(NONSENSE)](session, reference)
        operation.reference, operation.expect, operation.follow = reference, "refuse", False
        session.perform(operation)


def _sale(session: Session, reference: str, **changed: Plain) -> Operation:
    """Return a sale with some fields changed (None: left out)."""
    fields: dict[str, Plain] = {
        "amount_minor": 1_000,
        "currency": session.merchant.currency,
        "payment_method": "pm_card_visa",
        "merchant_reference": reference,
        **changed,
    }
    return session.draft("create", PAYMENTS, {name: value for name, value in fields.items() if value is not None})


def _with(**changed: Plain) -> Nonsense:
    return lambda session, reference: _sale(session, reference, **changed)


def _raw(body: bytes) -> Nonsense:
    return lambda session, _: session.draft("create", PAYMENTS, body)


def _keyed(key: str | None) -> Nonsense:
    def draft(session: Session, reference: str) -> Operation:
        operation = _sale(session, reference)
        operation.key = key
        return operation

    return draft


def _headed(**headers: str) -> Nonsense:
    def draft(session: Session, reference: str) -> Operation:
        operation = _sale(session, reference)
        operation.headers = headers
        return operation

    return draft


def _elsewhere(kind: str, path: str) -> Nonsense:
    def draft(session: Session, reference: str) -> Operation:
        return session.draft(kind, f"{PAYMENTS}/{path}", {"amount_minor": 100, "merchant_reference": reference})

    return draft


NONSENSE: tuple[Nonsense, ...] = (
    _keyed(None),
    _keyed("k" * 256),
    _raw(b"{"),
    _raw(b"[]"),
    _raw(b'"\xff\xfe"'),
    _raw(b"{}"),
    _with(amount_minor=-1),
    _with(amount_minor=0),
    _with(amount_minor=10**17),
    _with(amount_minor=19.99),
    _with(amount_minor="1000"),
    _with(amount="19.99"),
    _with(amount_minor=None, amount="1e3"),
    _with(amount_minor=None, amount="1.99999"),
    _with(amount_minor=None),
    _with(currency="XXQ"),
    _with(currency=978),
    _with(merchant_reference=None),
    _with(merchant_reference="r" * 65),
    _with(merchant_reference="nul\x00byte"),
    _with(capture="perhaps"),
    _with(payment_method={"type": "card"}),
    _headed(Authorization=""),
    _headed(Authorization="Bearer nobody"),
    _elsewhere("capture", "pay_doesnotexist/capture"),
    _elsewhere("refund", "pay_doesnotexist/refunds"),
    _elsewhere("void", "%00/void"),
)
