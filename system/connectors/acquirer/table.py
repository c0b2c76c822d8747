"""What the acquirer's answers mean."""

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

WORDS = {
    "05": "do_not_honor",
    "09": "request_in_progress",
    "12": "invalid_transaction",
    "13": "invalid_amount",
    "14": "invalid_card",
    "25": "no_such_record",
    "30": "format_error",
    "41": "lost_card",
    "43": "stolen_card",
    "51": "insufficient_funds",
    "54": "expired_card",
    "57": "not_permitted",
    "58": "not_permitted_to_terminal",
    "59": "suspected_fraud",
    "61": "exceeds_limit",
    "65": AUTHENTICATION_REQUIRED,
    "82": "incorrect_cvc",
    "91": "issuer_inoperative",
    "94": "duplicate_transmission",
    "96": "system_malfunction",
}
"""Response codes (field 39 of ISO 8583) as the codes of our replies."""

TABLE: tuple[Row, ...] = (
    Row(_A, DONE, OK, {"ok"}),
    Row(_A, CONTRADICTION, OK, {"amount_mismatch"}),
    # Found by an inquiry: the refund was taken back. There is no payer to wait for, so nothing else can come of it.
    Row(_A, DECLINED, OK, {"refund_failed", "moved_on"}),
    Row(_A, NONSENSE, OK),
    # The issuer was not reached: the one decline that says that another route may work.
    Row(_A, DECLINED_TRY_ANOTHER, {402}, {"issuer_inoperative"}),
    Row(_A, DECLINED, {402}, {"do_not_honor", "lost_card", "stolen_card", "insufficient_funds", "expired_card"}),
    Row(_A, DECLINED, {402}, {"suspected_fraud", "incorrect_cvc", AUTHENTICATION_REQUIRED}),
    # The first transaction under this reference is still running, or none was let in: send the same again.
    Row(_A, BUSY, {409}),
    Row(_A, BUSY, {429}),
    # The reference was used for something else: what that did is not known here.
    Row(_A, CONTRADICTION, {422}, {"duplicate_transmission"}),
    # The hold is gone, so that this call can have done nothing.
    Row(_A, DECLINED, {422}, {"hold_expired", "hold_canceled"}),
    # The charge is not in the state that we believed.
    Row(_A, ASK, {422}, {"invalid_transaction"}),
    Row(_A, DECLINED, {422}, {"insufficient_funds", "not_permitted", "exceeds_limit"}),
    # We sent nonsense, or are not known there. Nothing was done, and somebody must look.
    Row(_A, REJECTED, {400, 401, 403, 404}, {"format_error", "invalid_amount", "invalid_card", "exceeds_limit"}),
    Row(_A, REJECTED, {400, 401, 403, 404}, {"not_permitted_to_terminal", "no_such_record", "invalid_transaction"}),
    # A server error that is repeated from memory will never become anything else: ask for the transaction.
    Row(_A, ASK, SERVER_ERRORS, (), {"replayed"}),
    Row(_A, BROKEN, SERVER_ERRORS),
)
