"""What paypal's answers mean."""

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
    REJECTED,
    SERVER_ERRORS,
    Row,
)
from system.gateway import Phase

_A = Phase.ANSWERED
PLEASE_RETRY = "9100"
"""Processor response "declined, please retry"."""

TABLE: tuple[Row, ...] = (
    Row(_A, DONE, OK, {"ok"}),
    Row(_A, CONTRADICTION, OK, {"amount_mismatch"}),
    # A pending refund was accepted, but may still fail: it is not known before the gateway has decided.
    Row(_A, ASK, OK, {"unexpected_status", "refund_pending"}),
    # The payer must approve first, and nobody here asks them yet: nothing was taken.
    Row(_A, DECLINED, (*OK, 422), {AUTHENTICATION_REQUIRED}),
    # Found by a lookup: the refund was taken back, or the charge went another way and this call had no effect.
    Row(_A, DECLINED, OK, {"refund_failed", "moved_on"}),
    # The hold is gone, so that this call can have done nothing.
    Row(_A, DECLINED, (*OK, 422), {"hold_expired", "hold_canceled"}),
    Row(_A, NONSENSE, OK),
    # Declines.
    Row(_A, DECLINED_TRY_ANOTHER, {422}, {"INSTRUMENT_DECLINED", "TRANSACTION_REFUSED"}, {PLEASE_RETRY}),
    Row(_A, DECLINED, {422}, {"INSTRUMENT_DECLINED", "TRANSACTION_REFUSED"}),
    # The first call under this key is still running, or none was let in: ask again under the same key.
    Row(_A, BUSY, {409}),
    Row(_A, BUSY, {429}),
    # This operation (or this key) has already done something there.
    Row(_A, ASK, {422}, {"DUPLICATE_INVOICE_ID"}),
    Row(_A, CONTRADICTION, {422}, {"DUPLICATE_REQUEST_ID"}),
    # The charge is not in the state that we believed.
    Row(_A, ASK, {422}, {"ORDER_ALREADY_CAPTURED", "ORDER_ALREADY_AUTHORIZED", "AUTHORIZATION_ALREADY_CAPTURED"}),
    Row(_A, ASK, {422}, {"AUTHORIZATION_VOIDED", "PREVIOUSLY_VOIDED", "PREVIOUSLY_CAPTURED", "CANNOT_BE_VOIDED"}),
    Row(_A, DECLINED, {422}, {"CAPTURE_FULLY_REFUNDED", "REFUND_AMOUNT_EXCEEDED", "CAPTURE_NOT_COMPLETED"}),
    Row(_A, DECLINED, {422}, {"MAX_CAPTURE_AMOUNT_EXCEEDED", "TRANSACTION_DISPUTED"}),
    Row(_A, DECLINED, {422}, {"REFUND_FAILED_INSUFFICIENT_FUNDS"}),
    # We sent nonsense, or are not known there. Nothing was done, and somebody must look.
    Row(_A, REJECTED, {422}, {"CURRENCY_NOT_SUPPORTED", "DECIMAL_PRECISION", "CANNOT_BE_ZERO_OR_NEGATIVE"}),
    Row(_A, REJECTED, {422}, {"DECIMALS_NOT_SUPPORTED"}),
    Row(_A, REJECTED, {422}, {"MAX_VALUE_EXCEEDED", "TOKEN_NOT_FOUND", "CURRENCY_MISMATCH"}),
    Row(_A, REJECTED, {422}, {"ACTION_DOES_NOT_MATCH_INTENT"}),
    Row(_A, REJECTED, {400}, {"INVALID_PARAMETER_SYNTAX", "INVALID_PARAMETER_VALUE", "MALFORMED_REQUEST_JSON"}),
    Row(_A, REJECTED, {400}, {"MISSING_REQUIRED_PARAMETER", "INVALID_STRING_LENGTH"}),
    Row(_A, REJECTED, {401, 403}, {"INVALID_TOKEN", "AUTHENTICATION_FAILURE", "NOT_AUTHORIZED", "invalid_client"}),
    Row(_A, REJECTED, {404}, {"INVALID_RESOURCE_ID", "INVALID_URI"}),
    Row(_A, BROKEN, SERVER_ERRORS),
)
