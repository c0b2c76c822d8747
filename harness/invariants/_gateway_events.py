"""What gateways say that they sent, and what was false about it.

The types of events are the gateways' own: for Stripe those that its library lists (`stripe.Event`, read on 2026-12-01),
for PayPal the names of its payments API (PAYMENT.CAPTURE.COMPLETED and so on).
"""

YES_TYPES = (
    "'payment_intent.succeeded', 'payment_intent.amount_capturable_updated', 'PAYMENT.CAPTURE.COMPLETED', "
    "'PAYMENT.AUTHORIZATION.CREATED', 'PAYMENT.CAPTURE.REFUNDED'"
)
NO_TYPES = (
    "'payment_intent.payment_failed', 'refund.failed', 'PAYMENT.CAPTURE.DENIED', 'PAYMENT.CAPTURE.DECLINED', "
    "'PAYMENT.AUTHORIZATION.DENIED', 'PAYMENT.REFUND.FAILED'"
)
CANCELED_TYPES = "'payment_intent.canceled'"
"""What ends an intent that waits for its payer; of one that was charged it says nothing about the charge."""
REFUND_TYPES = "'refund.created', 'refund.updated'"

WORD = f"""CASE WHEN status = 'PENDING' THEN '' WHEN type IN ({YES_TYPES}) THEN 'yes'
    WHEN type IN ({NO_TYPES}) THEN 'no'
    WHEN type IN ({REFUND_TYPES}) THEN CASE status WHEN 'succeeded' THEN 'yes' WHEN 'failed' THEN 'no'
        WHEN 'canceled' THEN 'no' ELSE '' END ELSE '' END"""
"""What a row of `gateway_deliveries` says became of its attempt: yes, no, or nothing ('')."""

FALSE = "truth NOT IN ('genuine', 'dropped')"
"""Deliveries that nobody may believe."""
