"""Stripe's objects as JSON: the fields that the SDK and our connectors read, in stripe's own shapes."""

from system.gateways.common.clock import new_id
from system.gateways.common.rows import Row
from system.json_body import Plain

API_VERSION = "2026-01-28.clover"


def card(method: str) -> Row:
    """Return a payment method's card details; the number itself never exists here."""
    brand = "mastercard" if "mastercard" in method else "amex" if "amex" in method else "visa"
    return {"brand": brand, "country": "US", "exp_month": 12, "exp_year": 2034, "funding": "credit", "last4": "4242"}


def payment_intent(amount: int, currency: str, created: int, **facts: Plain) -> Row:
    """Return a new intent that waits for a payment method."""
    intent_id = new_id("pi")
    return {
        "id": intent_id, "object": "payment_intent", "amount": amount, "amount_capturable": 0, "amount_received": 0,
        "amount_details": {"tip": {}}, "application": None, "automatic_payment_methods": None, "canceled_at": None,
        "cancellation_reason": None, "capture_method": "automatic", "client_secret": f"{intent_id}_secret_simulated",
        "confirmation_method": "automatic", "created": created, "currency": currency, "customer": None,
        "description": None, "last_payment_error": None, "latest_charge": None, "livemode": False, "metadata": {},
        "next_action": None, "on_behalf_of": None, "payment_method": None, "payment_method_types": ["card"],
        "processing": None, "receipt_email": None, "setup_future_usage": None, "shipping": None,
        "statement_descriptor": None, "status": "requires_payment_method", "transfer_group": None, **facts,
    }  # fmt: skip


def charge(intent: Row, charge_id: str, created: int, **facts: Plain) -> Row:
    """Return the charge of an intent."""
    return {
        "id": charge_id, "object": "charge", "amount": intent["amount"], "amount_captured": 0, "amount_refunded": 0,
        "balance_transaction": None, "billing_details": {}, "captured": False, "created": created,
        "currency": intent["currency"], "customer": intent["customer"], "description": intent["description"],
        "disputed": False, "failure_code": None, "failure_message": None, "livemode": False,
        "metadata": intent["metadata"], "outcome": None, "paid": True, "payment_intent": intent["id"],
        "payment_method": intent["payment_method"],
        "payment_method_details": {"card": card(intent["payment_method"] or ""), "type": "card"},
        "refunded": False, "status": "succeeded", **facts,
    }  # fmt: skip


def refund(charge_object: Row, refund_id: str, amount: int, created: int, **facts: Plain) -> Row:
    """Return a refund of a charge."""
    return {
        "id": refund_id, "object": "refund", "amount": amount, "balance_transaction": None,
        "charge": charge_object["id"], "created": created, "currency": charge_object["currency"],
        "destination_details": {"card": {"type": "refund"}, "type": "card"}, "failure_balance_transaction": None,
        "failure_reason": None, "metadata": {},
        "payment_intent": charge_object["payment_intent"], "reason": None, "receipt_number": None,
        "status": "succeeded", **facts,
    }  # fmt: skip


def balance_transaction(source: Row, kind: str, amount: int, created: int) -> Row:
    """Return the balance's line: positive for a charge or a failed refund, negative for a refund or a dispute."""
    fee = amount * 29 // 1000 if kind == "charge" else 0
    return {
        "id": new_id("txn"), "object": "balance_transaction", "amount": amount, "available_on": created + 172_800,
        "created": created, "currency": source["currency"], "description": None, "exchange_rate": None, "fee": fee,
        "fee_details": [], "net": amount - fee, "reporting_category": kind, "source": source["id"],
        "status": "pending", "type": kind,
    }  # fmt: skip


EVIDENCE = frozenset({
    "access_activity_log", "billing_address", "cancellation_policy", "cancellation_policy_disclosure",
    "cancellation_rebuttal", "customer_communication", "customer_email_address", "customer_name",
    "customer_purchase_ip", "customer_signature", "duplicate_charge_documentation", "duplicate_charge_explanation",
    "duplicate_charge_id", "product_description", "receipt", "refund_policy", "refund_policy_disclosure",
    "refund_refusal_explanation", "service_date", "service_documentation", "shipping_address", "shipping_carrier",
    "shipping_date", "shipping_documentation", "shipping_tracking_number", "uncategorized_file",
    "uncategorized_text"
})  # fmt: skip
"""The fields of a dispute's evidence: docs.stripe.com/api/disputes/evidence_object, read 2026-12-01."""


def dispute(charge_object: Row, amount: int, created: int, status: str) -> Row:
    """Return a customer's dispute of a charge; an inquiry (`warning_...`) leaves the charge refundable."""
    return {
        "id": new_id("dp"), "object": "dispute", "amount": amount, "balance_transactions": [],
        "charge": charge_object["id"], "created": created, "currency": charge_object["currency"],
        "enhanced_eligibility_types": [], "evidence": dict.fromkeys(sorted(EVIDENCE)),
        "evidence_details": {"due_by": created + 604_800, "has_evidence": False, "past_due": False,
                             "submission_count": 0},
        "is_charge_refundable": status.startswith("warning"), "livemode": False, "metadata": {},
        "payment_intent": charge_object["payment_intent"], "reason": "fraudulent", "status": status,
    }  # fmt: skip


def event(type_: str, about: Row, created: int) -> Row:
    """Return the event that tells of an object's new state."""
    return {
        "id": new_id("evt"), "object": "event", "api_version": API_VERSION, "created": created,
        "data": {"object": about}, "livemode": False, "pending_webhooks": 1,
        "request": {"id": None, "idempotency_key": None}, "type": type_,
    }  # fmt: skip
