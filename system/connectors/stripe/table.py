"""What stripe's answers mean."""

from system.connectors.classifier import (
    ASK,
    AUTHENTICATION_REQUIRED,
    BROKEN,
    BUSY,
    CONTRADICTION,
    DECLINED,
    DECLINED_TRY_ANOTHER,
    DONE,
    NONSENSE,
    OK,
    PAYER_ASKED,
    REJECTED,
    SERVER_ERRORS,
    Row,
)
from system.gateway import AUTHENTICATION_TIMEOUT, Phase

_A = Phase.ANSWERED

TABLE: tuple[Row, ...] = (
    Row(_A, DONE, OK, {"ok"}),
    # The payer must confirm first (3-D Secure): the payment waits for them, and is given up in time.
    Row(_A, PAYER_ASKED, OK, {AUTHENTICATION_REQUIRED}),
    Row(_A, CONTRADICTION, OK, {"amount_mismatch"}),
    # A pending refund was accepted, but may still fail: it is not known before the gateway has decided.
    Row(_A, ASK, OK, {"unexpected_status", "refund_pending"}),
    # Found by a lookup: the refund was taken back, or the charge went another way and this call had no effect.
    Row(_A, DECLINED, OK, {"refund_failed", "moved_on"}),
    # Given up while the payer was asked: it can not happen any more.
    Row(_A, DECLINED, OK, {AUTHENTICATION_TIMEOUT}),
    # The hold is gone, so that this call can have done nothing.
    Row(_A, DECLINED, (*OK, 400), {"hold_expired", "hold_canceled"}),
    Row(_A, NONSENSE, OK),
    # Declines. Only these two say that another route may work, and that this one has let go of the money.
    Row(_A, DECLINED_TRY_ANOTHER, {402}, {"processing_error"}),
    Row(_A, DECLINED_TRY_ANOTHER, {402}, {"card_declined"}, {"try_again_later"}),
    Row(_A, DECLINED, {402}, {"card_declined", "expired_card", "incorrect_cvc", "card_error"}),
    Row(_A, DECLINED, {402}, {AUTHENTICATION_REQUIRED}),
    # The first call under this key is still running, or none was let in: ask again under the same key.
    Row(_A, BUSY, {409}),
    Row(_A, BUSY, {429}),
    # The key was used for something else: what that did is not known here.
    Row(_A, CONTRADICTION, {400}, {"idempotency_error"}),
    # The charge is not in the state that we believed.
    Row(_A, ASK, {400}, {"payment_intent_unexpected_state"}),
    Row(
        _A,
        DECLINED,
        {400},
        {"charge_already_refunded", "charge_not_refundable", "charge_disputed", "balance_insufficient"},
    ),
    Row(_A, DECLINED, {400}, {"amount_too_large"}),
    # We sent nonsense, or are not known there. Nothing was done, and somebody must look.
    Row(_A, REJECTED, {400, 401, 403, 404}, {"invalid_request_error", "resource_missing", "parameter_missing"}),
    Row(_A, REJECTED, {400}, {"parameter_invalid_integer", "amount_too_small"}),
    # A server error that the gateway repeats from its memory will never become anything else: look it up.
    Row(_A, ASK, SERVER_ERRORS, (), {"replayed"}),
    Row(_A, BROKEN, SERVER_ERRORS),
)
