"""Reading PayPal's disputes: their list, their details, and the events that carry the same details.

Fields: developer.paypal.com/docs/api/customer-disputes/v1 (read 2026-12-01). `money_movements` of the seller say what
is held or gone (DEBIT) and what came back (CREDIT).
"""

from datetime import UTC, datetime
from urllib.parse import parse_qs, urlencode, urlsplit

from system.connectors.paypal.answers import moment_us
from system.connectors.wire import HttpResult
from system.gateway import DisputeTold, Phase
from system.json_body import JsonObject, object_of, objects_of
from system.money import exponent_of, parse_amount
from system.states import DisputeState

PATH = "/v1/customer/disputes"
PAGE_SIZE = 50
BUYER = ("RESOLVED_BUYER_FAVOUR", "RESOLVED_WITH_PAYOUT", "ACCEPTED")
"""Outcomes in which the payer keeps the money."""


def told(resource: JsonObject) -> DisputeTold | None:
    """Return what a dispute's details say; None where they say nothing that can be booked exactly."""
    disputed = objects_of(resource.get("disputed_transactions")) or [{}]
    reference, capture_id = resource.get("dispute_id") or resource.get("id"), disputed[0].get("seller_transaction_id")
    found = money(object_of(resource.get("dispute_amount")))
    if found is None or not isinstance(reference, str) or not isinstance(capture_id, str):
        return None
    amount, currency = found
    stage = resource.get("dispute_life_cycle_stage")
    withdrawn, reinstated = _moved(resource, amount, inquiry=stage == "INQUIRY")
    ids = str(disputed[0].get("custom") or "").split("|")
    return DisputeTold(
        reference=reference,
        state=_state(resource, withdrawn),
        amount_minor=amount,
        currency=currency,
        charge_ref=f"capture:{capture_id}",
        withdrawn_minor=withdrawn,
        reinstated_minor=reinstated,
        reason=str(resource.get("reason") or "").lower(),
        attempt_id=ids[1] if len(ids) == 4 else "",
        opened_at_us=moment_us(resource.get("create_time")) or 0,
    )


def reversed_capture(resource: JsonObject) -> DisputeTold | None:
    """Return what a capture that PayPal reversed says: its money is gone, and nothing else is told of why."""
    found, capture_id = money(object_of(resource.get("amount"))), resource.get("id")
    if found is None or not isinstance(capture_id, str):
        return None
    amount, currency = found
    charge = f"capture:{capture_id}"
    return DisputeTold(f"reversed:{capture_id}", DisputeState.LOST, amount, currency, charge, amount, reason="reversed")


def read_list(heard: HttpResult) -> tuple[list[str], str] | None:
    """Return the ids of a page of the list and the token of the next ('' at the end); None where it is no such page."""
    body = heard.parsed() if heard.phase is Phase.ANSWERED and heard.status == 200 else None
    items = objects_of(body.get("items")) if body is not None else None
    if body is None or items is None:
        return None
    hrefs = [str(link.get("href")) for link in objects_of(body.get("links")) or [] if link.get("rel") == "next"]
    token = parse_qs(urlsplit(hrefs[0]).query).get("next_page_token", [""])[0] if hrefs else ""
    return [str(item.get("dispute_id")) for item in items], token


def read_one(heard: HttpResult) -> DisputeTold | None:
    """Return what one dispute's details say; None where the answer is none."""
    body = heard.parsed() if heard.phase is Phase.ANSWERED and heard.status == 200 else None
    return told(body) if body is not None else None


def path_since(from_us: int, token: str) -> str:
    """Return the address of a page of the disputes that were opened since then."""
    start = datetime.fromtimestamp(from_us // 1_000_000, UTC).strftime("%Y-%m-%dT%H:%M:%S.000Z")
    return _path({"start_time": start, "next_page_token": token})


def path_of(capture_id: str, token: str) -> str:
    """Return the address of a page of one capture's disputes."""
    return _path({"disputed_transaction_id": capture_id, "next_page_token": token})


def money(amount: JsonObject) -> tuple[int, str] | None:
    """Return minor units and currency, None where they cannot be read exactly."""
    currency = str(amount.get("currency_code", "")).upper()
    try:
        return parse_amount(str(amount.get("value", "")), exponent_of(currency)), currency
    except ValueError:
        return None


def _path(query: dict[str, str]) -> str:
    given = {name: value for name, value in query.items() if value}
    return f"{PATH}?{urlencode({**given, 'page_size': str(PAGE_SIZE)})}"


def _state(resource: JsonObject, withdrawn_minor: int) -> DisputeState:
    status, outcome = resource.get("status"), object_of(resource.get("dispute_outcome")).get("outcome_code")
    if status == "RESOLVED":
        if outcome in BUYER:
            return DisputeState.LOST
        return DisputeState.WON if withdrawn_minor else DisputeState.CLOSED
    if resource.get("dispute_life_cycle_stage") == "INQUIRY":
        return DisputeState.INQUIRY
    return DisputeState.UNDER_REVIEW if status == "UNDER_REVIEW" else DisputeState.NEEDS_RESPONSE


def _moved(resource: JsonObject, amount_minor: int, *, inquiry: bool) -> tuple[int, int]:
    """Return what was withdrawn from the seller and what came back."""
    movements = objects_of(resource.get("money_movements"))
    if movements is None:
        return (0 if inquiry else amount_minor), 0  # without its movements: a claim holds its amount
    sums = {"DEBIT": 0, "CREDIT": 0}
    for movement in movements:
        found, type_ = money(object_of(movement.get("amount"))), str(movement.get("type"))
        if movement.get("affected_party") == "SELLER" and found is not None and type_ in sums:
            sums[type_] += found[0]
    return sums["DEBIT"], sums["CREDIT"]
