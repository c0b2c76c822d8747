"""What all gateways do about a disputed charge alike: when it opens, when it is decided, its row in the books."""

from msgspec.structs import replace

from system.gateways.common.exchange import Batch, Exchange
from system.gateways.common.faults.disputes import course
from system.gateways.common.methods import Behaviour
from system.gateways.common.records import Dispute, Movement, Put
from system.gateways.common.rows import Row
from system.gateways.common.settings import SimulatorSettings
from system.gateways.common.timers import due


def dispute_later(
    exchange: Exchange, batch: Batch, charge_id: str, card: Behaviour, settings: SimulatorSettings
) -> None:
    """Set the timer of a captured charge that its payer will dispute: by its card, or by a planted fault."""
    planned = course(exchange, charge_id)
    if planned is None and not card.disputed:
        return
    facts: Row = {"dispute": charge_id, "inquiry": card.inquiry, "decided_ms": 0.0, "won": False, "escalates": False}
    opens_ms = settings.dispute_ms
    if planned is not None:
        opens_ms = opens_ms if card.disputed else planned.opens_ms
        facts |= {
            "inquiry": card.inquiry if card.disputed else planned.inquiry,
            "decided_ms": planned.decided_ms, "won": planned.won, "escalates": planned.escalates,
        }  # fmt: skip
    batch.add(due(f"dispute_{charge_id}", batch.at_us + int(opens_ms * 1000), facts))


def decide_later(at_us: int, dispute_id: str, facts: Row, *, step: str = "decide") -> list[Put]:
    """Return the timer of the bank's next decision, none where the bank waits for evidence.

    Each step has a timer of its own: one that has run removes itself, and must not take its successor along.
    """
    after_ms = float(facts["decided_ms"])
    if not after_ms:
        return []
    kept = {name: facts[name] for name in ("decided_ms", "won", "escalates")}
    return [due(f"{step}_{dispute_id}", at_us + int(after_ms * 1000), {"decide": dispute_id, **kept})]


def entry(captured: Movement, dispute_id: str, amount_minor: int, state: str, status: str, at_us: int) -> Dispute:
    """Return a new dispute's row in the books, with the ids of the capture that it is about."""
    return Dispute(
        gateway=captured.gateway, dispute_id=dispute_id, charge_id=captured.charge_id,
        operation_id=captured.operation_id, attempt_id=captured.attempt_id, payment_id=captured.payment_id,
        merchant_id=captured.merchant_id, reference=captured.reference, gateway_key=captured.gateway_key,
        amount_minor=amount_minor, currency=captured.currency, state=state, status=status, created_at_us=at_us,
        updated_at_us=at_us,
    )  # fmt: skip


def moved_on(row: Dispute, state: str, status: str, at_us: int, amount_minor: int | None = None) -> Dispute:
    """Return the row of a dispute after its next step."""
    amount = row.amount_minor if amount_minor is None else amount_minor
    return replace(row, state=state, status=status, updated_at_us=at_us, amount_minor=amount)


def withdrawn_for(movements: list[Movement], dispute_id: str) -> Movement | None:
    """Return the movement by which a dispute took its money, None where it took none."""
    return next((m for m in reversed(movements) if m.kind == "dispute" and m.dispute_id == dispute_id), None)
