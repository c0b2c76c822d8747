"""Every error code that this API itself has: its status, its type, and when it is answered."""

from collections.abc import Mapping

Code = tuple[int, str, str]

_INVALID, _AUTH, _KEY, _API = (
    "invalid_request_error",
    "authentication_error",
    "idempotency_error",
    "api_error",
)

CODES: Mapping[str, Code] = {
    "amount_ambiguous": (400, _INVALID, "Both `amount` and `amount_minor` were sent."),
    "amount_invalid": (400, _INVALID, "Not an amount, or of more decimals than the currency has."),
    "amount_not_supported": (422, _INVALID, "No gateway that could take it takes such an amount of this currency."),
    "amount_out_of_range": (400, _INVALID, "Not positive, or beyond what any gateway takes."),
    "api_key_invalid": (401, _AUTH, "No merchant has this key."),
    "approval_missing": (400, _INVALID, "Two people are needed, and they were the same."),
    "body_incomplete": (400, _INVALID, "The client went away before all of it had come."),
    "body_too_large": (413, _INVALID, "Larger than 65 536 bytes."),
    "capture_exceeds_authorized": (422, _INVALID, "More than was authorised."),
    "card_data_refused": (400, _INVALID, "A field looks like a card's number; send tokens only."),
    "chargeback_reference_used": (409, _INVALID, "The reference stands for another chargeback."),
    "clock_backwards": (
        409,
        _INVALID,
        "The application's time never goes back; a reset takes it back to the real time.",
    ),
    "clock_not_movable": (403, _INVALID, "This platform lives in the real time."),
    "content_type_unsupported": (415, _INVALID, "Not application/json in UTF-8."),
    "controls_not_allowed": (403, _INVALID, "This platform has no test controls."),
    "crash_point_unknown": (400, _INVALID, "There is no such crash point, or not in this process."),
    "currency_not_supported": (422, _INVALID, "No gateway takes this currency."),
    "currency_unknown": (400, _INVALID, "Not an upper-case ISO 4217 code."),
    "database_unavailable": (503, _API, "The database did not answer in time. Ask again, under the same key."),
    "date_invalid": (400, _INVALID, "Not a day or moment in ISO 8601."),
    "decided_meanwhile": (409, _INVALID, "Somebody else decided about it. Look at it again."),
    "dispute_not_recorded": (409, _INVALID, "It does not fit what is booked of its charge."),
    "feed_unreadable": (502, _API, "The gateway's feed could not be read; nothing was changed."),
    "gateway_contradicts": (409, _INVALID, "The gateway's books say otherwise."),
    "gateway_silent": (503, _API, "The gateway did not say what became of it; nothing was changed."),
    "gateway_unavailable": (503, _API, "The gateway's breaker is open; nothing was changed."),
    "gateway_unknown": (400, _INVALID, "There is no such gateway."),
    "gateway_unreachable": (503, _API, "No gateway could be reached: nothing was executed, finally. Use a new key."),
    "gateways_unavailable": (503, _API, "No gateway takes requests; no money was moved, and the key is free."),
    "hold_canceled": (422, _INVALID, "The gateway released the authorisation."),
    "hold_expired": (422, _INVALID, "The authorisation expired before it was captured."),
    "idempotency_key_expired": (410, _KEY, "This key is too old; its request is never executed again."),
    "idempotency_key_in_use": (409, _KEY, "A request under this key is being carried out. Ask again."),
    "idempotency_key_invalid": (400, _INVALID, "Not 1 to 255 visible ASCII characters."),
    "idempotency_key_missing": (400, _INVALID, "The header Idempotency-Key was not sent."),
    "idempotency_key_reused": (422, _KEY, "This key was used with another payload or for another endpoint."),
    "json_invalid": (400, _INVALID, "Not one JSON object, or a member stands in it twice."),
    "malformed_event": (400, _INVALID, "The body is not an event that can be read."),
    "merchant_reference_used": (422, _INVALID, "This merchant's references are unique; `existing` has it."),
    "no_evidence": (409, _INVALID, "The gateway has no proof of it."),
    "not_proven": (409, _INVALID, "The gateway neither shows it nor acknowledged that it will never be."),
    "not_set_up": (503, _API, "The database is not set up."),
    "operation_in_progress": (422, _INVALID, "Another capture or void of this payment is in progress."),
    "operation_unknown": (503, _API, "The request may or may not have been taken on. Ask again, under the same key."),
    "operator_token_invalid": (401, _AUTH, "Not the operator's token."),
    "outcome_not_recorded": (503, _API, "It was carried out, and what came of it is not on record yet. Ask again."),
    "overloaded": (503, _API, "Too many requests are in progress; this one was not begun."),
    "parameter_invalid": (400, _INVALID, "`param` is not what it should be."),
    "parameter_missing": (400, _INVALID, "`param` was not sent."),
    "parameter_unknown": (400, _INVALID, "Something was sent that is not known here."),
    "payment_disputed": (422, _INVALID, "The shopper's bank disputes it and has its money."),
    "payment_method_invalid": (400, _INVALID, "Not a token."),
    "payment_not_capturable": (422, _INVALID, "Nothing is held."),
    "payment_not_found": (404, _INVALID, "This merchant has no such payment."),
    "payment_not_refundable": (422, _INVALID, "Nothing is captured."),
    "payment_not_voidable": (422, _INVALID, "Nothing is held."),
    "plan_not_compatible": (422, _INVALID, "Another currency or another interval than the subscription has."),
    "plan_not_found": (404, _INVALID, "This merchant has no such plan."),
    "plan_reference_used": (422, _INVALID, "A plan with other terms has this reference."),
    "range_ambiguous": (400, _INVALID, "Both a day and a span were sent."),
    "range_empty": (400, _INVALID, "`from` is not before `to`."),
    "reason_too_short": (400, _INVALID, "The reason does not say why."),
    "refund_exceeds_captured": (422, _INVALID, "More than is left to refund."),
    "refund_not_found": (404, _INVALID, "This merchant has no such refund."),
    "reset_not_acknowledged": (503, _API, "Some process did not take notice in time."),
    "reset_not_allowed": (403, _INVALID, "This platform does not allow a reset."),
    "reset_not_over": (503, _API, "Something goes on writing into the new books."),
    "signature_in_future": (400, _INVALID, "Signed too far ahead of our clock."),
    "signature_malformed": (400, _INVALID, "The signature's header cannot be read."),
    "signature_mismatch": (400, _INVALID, "The signature does not match the body."),
    "signature_missing": (400, _INVALID, "There is no signature's header."),
    "signature_too_old": (400, _INVALID, "Signed too long ago."),
    "start_out_of_range": (400, _INVALID, "Before 2020, more than two years ahead, or too many periods ago."),
    "still_in_progress": (503, _API, "It is still being carried out. Ask again, under the same key."),
    "subscription_ended": (422, _INVALID, "It has ended."),
    "subscription_not_found": (404, _INVALID, "This merchant has no such subscription."),
    "subscription_reference_used": (422, _INVALID, "A subscription with other terms has this reference."),
    "transaction_not_found": (404, _INVALID, "There is no such payment, operation or attempt."),
    "transaction_not_charged": (409, _INVALID, "Nothing was taken by it."),
    "transaction_not_stuck": (409, _INVALID, "Its newest attempt is decided, or may still be."),
    "zone_missing": (400, _INVALID, "A moment needs a zone."),
    "zone_unknown": (400, _INVALID, "Not the name of an IANA zone."),
}

ANYWHERE = {
    "internal_error": (500, _API, "Something went wrong here, and it is our fault."),
    "method_not_allowed": (405, _INVALID, "The route has no such method."),
    "request_invalid": (400, _INVALID, "The request cannot be read at all."),
    "route_not_found": (404, _INVALID, "There is no such route."),
    "unknown_gateway": (404, _INVALID, "There is no such gateway."),
}
"""What is answered before any route, or in spite of one."""

INDEFINITE = frozenset(
    {
        *("database_unavailable", "idempotency_key_in_use", "operation_unknown", "outcome_not_recorded"),
        *("reset_not_acknowledged", "reset_not_over", "still_in_progress"),
    }
)
"""After these something may have happened all the same (of `database_unavailable`: unless it was a GET)."""

SOON = frozenset(
    {
        *("database_unavailable", "feed_unreadable", "gateway_silent", "gateway_unavailable", "gateways_unavailable"),
        *("idempotency_key_in_use", "outcome_not_recorded", "overloaded", "still_in_progress"),
    }
)
"""These say after how many seconds it makes sense to ask again."""

KEPT = frozenset({"gateway_unreachable"})
"""These belong to their key, and are told again as a replay."""

MERCHANT = ("api_key_invalid", "database_unavailable")
OPERATOR = ("api_key_invalid", "operator_token_invalid", "database_unavailable")
BODY = ("json_invalid", "parameter_unknown", "content_type_unsupported", "body_too_large", "body_incomplete")
MONEY = (
    *MERCHANT,
    *BODY,
    "idempotency_key_missing",
    "idempotency_key_invalid",
    "idempotency_key_expired",
    "idempotency_key_in_use",
    "idempotency_key_reused",
    "merchant_reference_used",
    "parameter_missing",
    "parameter_invalid",
    "card_data_refused",
    "gateways_unavailable",
    "gateway_unreachable",
    "operation_unknown",
    "outcome_not_recorded",
    "overloaded",
    "still_in_progress",
)
AMOUNT = ("amount_ambiguous", "amount_invalid", "amount_out_of_range", "amount_not_supported")
