"""Reading Stripe's disputes, from an event or from the list: each one tells all of itself, its money included.

Fields and statuses: docs.stripe.com/api/disputes/object, read 2026-12-01. The lines of the balance within it say what
was withdrawn (less than 0, with the fee) and reinstated (more than 0).
"""

from system.connectors.stripe.currencies import PRESENTMENT
from system.connectors.wire import HttpResult
from system.gateway import DisputeTold, Phase
from system.json_body import Json, JsonObject, object_of, objects_of
from system.states import DisputeState

STATES = {
    "warning_needs_response": DisputeState.INQUIRY,
    "warning_under_review": DisputeState.INQUIRY,
    "warning_closed": DisputeState.CLOSED,
    "needs_response": DisputeState.NEEDS_RESPONSE,
    "under_review": DisputeState.UNDER_REVIEW,
    "won": DisputeState.WON,
    "lost": DisputeState.LOST,
}
"""What is not here (`prevented`: nothing was taken, nothing will be) tells nothing."""

LIST = "/v1/disputes?limit=100&expand[]=data.payment_intent"


def told(about: JsonObject) -> DisputeTold | None:
    """Return what a dispute says of itself; None where it says nothing that can be booked exactly."""
    state, reference = STATES.get(str(about.get("status"))), about.get("id")
    currency, intent = str(about.get("currency", "")).upper(), about.get("payment_intent")
    expanded = object_of(intent)
    charge_ref = expanded.get("id") if expanded else intent
    amount = _minor(about.get("amount"), currency)
    if state is None or amount is None or not isinstance(reference, str) or not isinstance(charge_ref, str):
        return None
    withdrawn, fee, reinstated = _moved(about, state, amount, currency)
    created = about.get("created")
    return DisputeTold(
        reference=reference,
        state=state,
        amount_minor=amount,
        currency=currency,
        charge_ref=charge_ref,
        withdrawn_minor=withdrawn,
        fee_minor=fee,
        reinstated_minor=reinstated,
        reason=str(about.get("reason") or ""),
        attempt_id=str(object_of(expanded.get("metadata")).get("attempt_id") or ""),
        opened_at_us=created * 1_000_000 if isinstance(created, int) else 0,
    )


def read_page(heard: HttpResult) -> tuple[list[DisputeTold], str] | None:
    """Return a page of the list and the id to go on after ('' at the end); None where the answer is no such page."""
    if heard.phase is not Phase.ANSWERED or heard.status != 200:
        return None
    body = heard.parsed()
    rows = objects_of(body.get("data")) if body is not None else None
    if body is None or rows is None or any(row.get("object") != "dispute" for row in rows):
        return None
    last = rows[-1].get("id") if rows and body.get("has_more") is True else ""
    return [found for row in rows if (found := told(row)) is not None], str(last)


def _moved(about: JsonObject, state: DisputeState, amount_minor: int, currency: str) -> tuple[int, int, int]:
    """Return what was withdrawn, the fee, and what was reinstated."""
    lines = objects_of(about.get("balance_transactions"))
    if lines is None:
        # Without its lines: a dispute that is more than an inquiry has taken its amount.
        return (0 if state in (DisputeState.INQUIRY, DisputeState.CLOSED) else amount_minor), 0, 0
    amounts = [_minor(line.get("amount"), currency) or 0 for line in lines]
    fees = [_minor(line.get("fee"), currency) or 0 for line in lines]
    return -sum(a for a in amounts if a < 0), sum(fees), sum(a for a in amounts if a > 0)


def _minor(amount: Json, currency: str) -> int | None:
    """Return minor units of an amount in Stripe's own units; None where that is not exact."""
    if not isinstance(amount, int) or isinstance(amount, bool):
        return None
    try:
        return PRESENTMENT.heard(currency, amount)
    except (KeyError, ValueError):
        return None
