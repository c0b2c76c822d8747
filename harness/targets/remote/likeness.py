"""Whether what a system shows is the payment that it was asked for: each difference in words, and what is right."""

import time
from collections.abc import Iterator, Sequence

from harness.core.adapter import GATEWAY_CLOCK_US, Charge, Payment, Record, Reply, Seen, Word


def shown_as(reply: Reply) -> str:
    """Return an answer in short, for people."""
    return f"status {reply.status}, {reply.body[:200]!r}"


def unlike(seen: Seen, paid: Payment, method: str) -> Iterator[str]:
    """Yield in what a payment that is shown is not the one that was asked for."""
    if not seen.payment_id:
        yield f"{method} gives no payment_id (Seen.payment_id: what your system calls the payment)"
    if seen.amount_minor is not None and seen.amount_minor != paid.amount_minor:
        yield f"{method} gives {seen.amount_minor} as amount_minor (asked for: {paid.amount_minor}, in minor units)"
    if seen.currency is not None and seen.currency != paid.currency.upper():
        yield f"{method} gives the currency {seen.currency} (asked for: {paid.currency.upper()})"


def repeated(first: Seen, again: Seen, *, promised: bool) -> Iterator[str]:
    """Yield what the same request came to when it was sent again, where that is not the same payment."""
    if again.payment_id and again.payment_id != first.payment_id:
        yield f"the same request made another payment ({first.payment_id}, then {again.payment_id}): I8 will say so"
    elif promised and first.word is not Word.PENDING and not again.replayed:
        yield "the second answer is not marked as repeated, though tells names REPLAYS: I7 will say so"
    if first.replayed:
        yield "the very first answer is marked as repeated: I7 will say so"


def odd_charge(charge: Charge, paid: Payment, since_us: int) -> Iterator[str]:
    """Yield in what a charge of the ledger is not the payment that was asked for just now."""
    if charge.amount_minor != paid.amount_minor:
        told = f"charges(): Charge.amount_minor is {charge.amount_minor}"
        yield f"{told} (asked for: {paid.amount_minor}, in minor units)"
    if charge.currency != paid.currency.upper():
        yield f"charges(): Charge.currency is {charge.currency} (asked for: {paid.currency.upper()})"
    now_us = time.time_ns() // 1000
    if not since_us - GATEWAY_CLOCK_US <= charge.created_at_us <= now_us + GATEWAY_CLOCK_US:
        apart_s = (charge.created_at_us - now_us) / 1e6
        yield f"charges(): Charge.created_at_us is {apart_s:+.0f} s from now (the charge was made just now)"


def odd_record(record: Record, paid: Payment, charges: Sequence[Charge], *, promised: bool) -> Iterator[str]:
    """Yield in what a record of the books is not the payment that was asked for. `promised`: it names its charge."""
    if record.amount_minor != paid.amount_minor:
        yield f"payments(): Record.amount_minor is {record.amount_minor} (asked for: {paid.amount_minor})"
    known = {item.charge_id for item in charges}
    if promised and record.word is Word.PAID and record.charge_id not in known:
        told = f"payments(): Record.charge_id is {record.charge_id!r}, which charges() does not list"
        yield f"{told} (tells names CHARGES: it is the ledger's own id)"
