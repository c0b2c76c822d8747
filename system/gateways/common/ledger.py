"""The rules of money at a gateway. Both dialects call these and nothing else to move any.

Captures never exceed the authorisation, refunds and disputes never exceed captures (unless `lenient_captures` or
`lenient_refunds` is planted), nothing is captured after a void or an expiry. Each function adds the charge's new value
and the movement to the batch and returns it; what happens by itself returns both.
"""

from msgspec.structs import replace

from system.gateways.common.exchange import Batch
from system.gateways.common.faults import lenient_captures
from system.gateways.common.records import Charge, Movement


class Refused(Exception):
    """The books do not allow it. ``code`` is the ledger's own word for why."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code


def ask(batch: Batch, charge_id: str, amount_minor: int, currency: str, status: str) -> Charge:
    """Enter a charge on which no money moved: declined, or waiting for the customer."""
    charge = draft(batch, charge_id, amount_minor, currency, status)
    batch.add(charge)
    return charge


def draft(batch: Batch, charge_id: str, amount_minor: int, currency: str, status: str = "requires_action") -> Charge:
    """Return a charge that is not in the books yet; authorising or selling enters it."""
    call = batch.exchange.call
    return Charge(
        gateway=call.gateway, charge_id=charge_id, operation_id=call.operation_id, attempt_id=call.attempt_id,
        payment_id=call.payment_id, merchant_id=call.merchant_id, reference=call.reference,
        gateway_key=call.gateway_key, amount_minor=amount_minor, currency=currency.upper(), status=status,
        created_at_us=batch.at_us,
    )  # fmt: skip


def authorize(batch: Batch, charge: Charge, movement_id: str) -> Charge:
    """Set the charge's whole amount aside."""
    held = replace(charge, status="authorized", authorized_minor=charge.amount_minor, executed=True)
    _move(batch, held, "authorize", charge.amount_minor, movement_id)
    return held


def sell(batch: Batch, charge: Charge, movement_id: str) -> Charge:
    """Authorise and take the whole amount at once: one movement of kind capture."""
    amount = charge.amount_minor
    sold = replace(charge, status="captured", authorized_minor=amount, captured_minor=amount, executed=True)
    _move(batch, sold, "capture", amount, movement_id)
    return sold


def capture(batch: Batch, charge: Charge, amount_minor: int, movement_id: str) -> Charge:
    """Take part or all of what was set aside. Raises `Refused`, unless the planted fault looks the other way."""
    if charge.status not in ("authorized", "captured"):
        raise Refused("not_capturable", f"the charge is {charge.status}")
    lenient = batch.exchange.fault(lenient_captures.NAME)
    if charge.captured_minor + amount_minor > charge.authorized_minor:
        if lenient is None:
            raise Refused("exceeds_authorization", "more than what was authorised")
        lenient.hit(batch.exchange)
    elif lenient is not None:
        # Like a lenient refund: whoever asks for no more than is held cannot know that nobody looked.
        lenient.count(batch.exchange.call.call_id)
    taken = replace(charge, status="captured", captured_minor=charge.captured_minor + amount_minor)
    _move(batch, taken, "capture", amount_minor, movement_id)
    return taken


def void(batch: Batch, charge: Charge, movement_id: str) -> Charge:
    """Release what was set aside and not taken. Raises `Refused`."""
    if charge.status != "authorized":
        raise Refused("not_voidable", f"the charge is {charge.status}")
    released = replace(charge, status="voided")
    _move(batch, released, "void", charge.authorized_minor - charge.captured_minor, movement_id)
    return released


def abandon(batch: Batch, charge: Charge) -> Charge:
    """Give a charge up on which nothing was ever held."""
    over = replace(charge, status="canceled")
    batch.add(over)
    return over


def refund(batch: Batch, charge: Charge, amount_minor: int, movement_id: str) -> Charge:
    """Give captured money back. Raises `Refused`, unless the planted fault looks the other way."""
    left = charge.captured_minor - charge.refunded_minor - charge.disputed_minor
    if charge.captured_minor == 0:
        raise Refused("not_refundable", f"the charge is {charge.status}")
    if (declining := batch.exchange.fault("decline_refunds")) is not None:
        declining.hit(batch.exchange)
        raise Refused("no_funds", "the account has no funds to refund from")
    lenient = batch.exchange.fault("lenient_refunds")
    if amount_minor > left:
        if lenient is None:
            word = "disputed" if charge.disputed_minor else "exhausted" if left <= 0 else "exceeds_capture"
            raise Refused(word, f"only {left} is left to refund")
        lenient.hit(batch.exchange)
    elif lenient is not None:
        # It went by unguarded too: whoever asks for no more than is left cannot know that nobody looked.
        lenient.count(batch.exchange.call.call_id)
    given = replace(charge, refunded_minor=charge.refunded_minor + amount_minor)
    _move(batch, given, "refund", amount_minor, movement_id)
    return given


def refund_failed(at_us: int, charge: Charge, refunded: Movement, movement_id: str) -> tuple[Charge, Movement]:
    """Take a refund back that never reached the customer; the movement carries the refund's own ids."""
    back = replace(charge, refunded_minor=charge.refunded_minor - refunded.amount_minor)
    return back, replace(refunded, movement_id=movement_id, kind="refund_failed", at_us=at_us)


def disputable(charge: Charge) -> int:
    """Return how much of a charge its payer's bank can take back: what was captured and not given back by anyone."""
    return max(0, charge.captured_minor - charge.refunded_minor - charge.disputed_minor)


def dispute(
    at_us: int, charge: Charge, captured: Movement, movement_id: str, dispute_id: str
) -> tuple[Charge, Movement]:
    """Let the payer's bank take back what was captured and not refunded; the movement carries the capture's ids."""
    amount = disputable(charge)
    withdrawn = replace(charge, disputed_minor=charge.disputed_minor + amount)
    taken = replace(
        captured, movement_id=movement_id, kind="dispute", at_us=at_us, amount_minor=amount, dispute_id=dispute_id
    )
    return withdrawn, taken


def dispute_fee(withdrawn: Movement, fee_minor: int, movement_id: str) -> Movement:
    """Charge what a dispute costs the merchant, beside the money that it withdraws."""
    return replace(withdrawn, movement_id=movement_id, kind="dispute_fee", amount_minor=fee_minor)


def reinstate(at_us: int, charge: Charge, withdrawn: Movement, movement_id: str) -> tuple[Charge, Movement]:
    """Give the merchant back what a dispute that was won had withdrawn; its fee is not part of that."""
    back = replace(charge, disputed_minor=charge.disputed_minor - withdrawn.amount_minor)
    return back, replace(withdrawn, movement_id=movement_id, kind="dispute_reversal", at_us=at_us)


def lapse(at_us: int, charge: Charge, held: Movement, movement_id: str, how: str) -> tuple[Charge, Movement]:
    """Let go of what was set aside, by nobody's call: its time is over (`expire`), or somebody here did it (`void`)."""
    gone = replace(charge, status="expired" if how == "expire" else "voided")
    nobody = {"operation_id": "", "attempt_id": "", "gateway_key": ""}
    return gone, replace(held, movement_id=movement_id, kind=how, at_us=at_us, **nobody)


def last_movement(movements: list[Movement], charge_id: str, kind: str) -> Movement | None:
    """Return a charge's newest movement of a kind."""
    return next((m for m in reversed(movements) if m.charge_id == charge_id and m.kind == kind), None)


def _move(batch: Batch, charge: Charge, kind: str, amount_minor: int, movement_id: str) -> None:
    call = batch.exchange.call
    batch.add(charge)
    batch.add(
        Movement(
            gateway=call.gateway, movement_id=movement_id, charge_id=charge.charge_id, kind=kind,
            operation_id=call.operation_id, attempt_id=call.attempt_id,
            payment_id=call.payment_id or charge.payment_id, merchant_id=call.merchant_id or charge.merchant_id,
            reference=call.reference or charge.reference, gateway_key=call.gateway_key,
            amount_minor=amount_minor, currency=charge.currency, at_us=batch.at_us,
        )
    )  # fmt: skip
