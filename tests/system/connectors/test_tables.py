"""The classifiers' tables, row by row and then over everything that could be asked of them."""

import itertools

import pytest

from system.connectors.acquirer import table as acquirer_table
from system.connectors.classifier import Facts, meaning_of, reply_of
from system.connectors.paypal import table as paypal_table
from system.connectors.stripe import table as stripe_table
from system.gateway import Advice, Knowledge, Phase

NO, YES, UNKNOWN = Knowledge.DEFINITE_NO, Knowledge.DEFINITE_YES, Knowledge.UNKNOWN
A = Phase.ANSWERED
TABLES = {"stripe": stripe_table.TABLE, "paypal": paypal_table.TABLE, "acquirer": acquirer_table.TABLE}

TRANSPORT = [
    (Facts(Phase.REFUSED), NO, Advice.FALLBACK_OK, True, True),
    (Facts(Phase.CONNECT_TIMEOUT), NO, Advice.FALLBACK_OK, True, True),
    (Facts(Phase.SENT), UNKNOWN, Advice.QUERY, True, False),
    (Facts(Phase.RESET), UNKNOWN, Advice.RETRY_SAME_KEY, True, False),
    (Facts(Phase.TRUNCATED), UNKNOWN, Advice.RETRY_SAME_KEY, True, False),
]
STRIPE = [
    (Facts(A, 200, "ok"), YES, Advice.NONE, False, False),
    (Facts(A, 200, "authentication_required"), UNKNOWN, Advice.NONE, False, False),
    (Facts(A, 402, "authentication_required"), NO, Advice.NONE, False, False),
    (Facts(A, 200, "refund_pending"), UNKNOWN, Advice.QUERY, False, False),
    (Facts(A, 200, "amount_mismatch"), UNKNOWN, Advice.ALARM, False, False),
    (Facts(A, 200, "malformed"), UNKNOWN, Advice.ALARM, True, False),
    (Facts(A, 200, "unexpected_status"), UNKNOWN, Advice.QUERY, False, False),
    (Facts(A, 200, "refund_failed"), NO, Advice.NONE, False, False),
    (Facts(A, 200, "moved_on"), NO, Advice.NONE, False, False),
    (Facts(A, 402, "processing_error", "processing_error"), NO, Advice.FALLBACK_OK, False, False),
    (Facts(A, 402, "card_declined", "try_again_later"), NO, Advice.FALLBACK_OK, False, False),
    (Facts(A, 402, "card_declined", "insufficient_funds"), NO, Advice.NONE, False, False),
    (Facts(A, 402, "card_declined", "generic_decline"), NO, Advice.NONE, False, False),
    (Facts(A, 402, "expired_card"), NO, Advice.NONE, False, False),
    (Facts(A, 402, ""), UNKNOWN, Advice.QUERY, False, False),
    (Facts(A, 409, "idempotency_key_in_use"), UNKNOWN, Advice.RETRY_SAME_KEY, False, False),
    (Facts(A, 429, "rate_limit"), UNKNOWN, Advice.RETRY_SAME_KEY, False, False),
    (Facts(A, 400, "idempotency_error"), UNKNOWN, Advice.ALARM, False, False),
    (Facts(A, 400, "payment_intent_unexpected_state"), UNKNOWN, Advice.QUERY, False, False),
    (Facts(A, 400, "charge_already_refunded"), NO, Advice.NONE, False, False),
    (Facts(A, 400, "parameter_missing"), NO, Advice.ALARM, False, False),
    (Facts(A, 401, "invalid_request_error"), NO, Advice.ALARM, False, False),
    (Facts(A, 404, "resource_missing"), NO, Advice.ALARM, False, False),
    (Facts(A, 404, ""), UNKNOWN, Advice.QUERY, False, False),
    (Facts(A, 500, "api_error"), UNKNOWN, Advice.RETRY_SAME_KEY, True, False),
    (Facts(A, 500, "api_error", "replayed"), UNKNOWN, Advice.QUERY, False, False),
    (Facts(A, 503, ""), UNKNOWN, Advice.RETRY_SAME_KEY, True, False),
    (Facts(A, 302, ""), UNKNOWN, Advice.QUERY, False, False),
    (Facts(A, 418, "teapot"), UNKNOWN, Advice.QUERY, False, False),
]
PAYPAL = [
    (Facts(A, 201, "ok"), YES, Advice.NONE, False, False),
    (Facts(A, 200, "ok"), YES, Advice.NONE, False, False),
    (Facts(A, 201, "authentication_required"), NO, Advice.NONE, False, False),
    (Facts(A, 422, "authentication_required"), NO, Advice.NONE, False, False),
    (Facts(A, 201, "refund_pending"), UNKNOWN, Advice.QUERY, False, False),
    (Facts(A, 201, "amount_mismatch"), UNKNOWN, Advice.ALARM, False, False),
    (Facts(A, 201, "malformed"), UNKNOWN, Advice.ALARM, True, False),
    (Facts(A, 422, "INSTRUMENT_DECLINED", "5120"), NO, Advice.NONE, False, False),
    (Facts(A, 422, "INSTRUMENT_DECLINED", "9100"), NO, Advice.FALLBACK_OK, False, False),
    (Facts(A, 422, "TRANSACTION_REFUSED", ""), NO, Advice.NONE, False, False),
    (Facts(A, 422, "DUPLICATE_INVOICE_ID"), UNKNOWN, Advice.QUERY, False, False),
    (Facts(A, 422, "DUPLICATE_REQUEST_ID"), UNKNOWN, Advice.ALARM, False, False),
    (Facts(A, 422, "AUTHORIZATION_VOIDED"), UNKNOWN, Advice.QUERY, False, False),
    (Facts(A, 422, "CAPTURE_FULLY_REFUNDED"), NO, Advice.NONE, False, False),
    (Facts(A, 422, "SOMETHING_NEW"), UNKNOWN, Advice.QUERY, False, False),
    (Facts(A, 400, "INVALID_PARAMETER_SYNTAX"), NO, Advice.ALARM, False, False),
    (Facts(A, 401, "INVALID_TOKEN"), NO, Advice.ALARM, False, False),
    (Facts(A, 404, "INVALID_RESOURCE_ID"), NO, Advice.ALARM, False, False),
    (Facts(A, 409, "PREVIOUS_REQUEST_IN_PROGRESS"), UNKNOWN, Advice.RETRY_SAME_KEY, False, False),
    (Facts(A, 429, "RATE_LIMIT_REACHED"), UNKNOWN, Advice.RETRY_SAME_KEY, False, False),
    (Facts(A, 500, "INTERNAL_SERVER_ERROR"), UNKNOWN, Advice.RETRY_SAME_KEY, True, False),
]
ACQUIRER = [
    (Facts(A, 200, "ok"), YES, Advice.NONE, False, False),
    (Facts(A, 200, "amount_mismatch"), UNKNOWN, Advice.ALARM, False, False),
    (Facts(A, 200, "malformed"), UNKNOWN, Advice.ALARM, True, False),
    (Facts(A, 200, "refund_failed"), NO, Advice.NONE, False, False),
    (Facts(A, 402, "issuer_inoperative"), NO, Advice.FALLBACK_OK, False, False),
    (Facts(A, 402, "do_not_honor"), NO, Advice.NONE, False, False),
    (Facts(A, 402, "insufficient_funds"), NO, Advice.NONE, False, False),
    (Facts(A, 402, "authentication_required"), NO, Advice.NONE, False, False),
    (Facts(A, 402, ""), UNKNOWN, Advice.QUERY, False, False),
    (Facts(A, 409, "request_in_progress"), UNKNOWN, Advice.RETRY_SAME_KEY, False, False),
    (Facts(A, 429, "system_malfunction"), UNKNOWN, Advice.RETRY_SAME_KEY, False, False),
    (Facts(A, 422, "duplicate_transmission"), UNKNOWN, Advice.ALARM, False, False),
    (Facts(A, 422, "invalid_transaction"), UNKNOWN, Advice.QUERY, False, False),
    (Facts(A, 422, "hold_expired"), NO, Advice.NONE, False, False),
    (Facts(A, 422, "exceeds_limit"), NO, Advice.NONE, False, False),
    (Facts(A, 400, "format_error"), NO, Advice.ALARM, False, False),
    (Facts(A, 401, "not_permitted_to_terminal"), NO, Advice.ALARM, False, False),
    (Facts(A, 404, "no_such_record"), NO, Advice.ALARM, False, False),
    (Facts(A, 404, ""), UNKNOWN, Advice.QUERY, False, False),
    (Facts(A, 500, "system_malfunction"), UNKNOWN, Advice.RETRY_SAME_KEY, True, False),
    (Facts(A, 500, "system_malfunction", "replayed"), UNKNOWN, Advice.QUERY, False, False),
    (Facts(A, 302, ""), UNKNOWN, Advice.QUERY, False, False),
]
CASES = [
    *(("stripe", *case) for case in (*TRANSPORT, *STRIPE)),
    *(("paypal", *case) for case in (*TRANSPORT, *PAYPAL)),
    *(("acquirer", *case) for case in (*TRANSPORT, *ACQUIRER)),
]


@pytest.mark.parametrize(("gateway", "facts", "knowledge", "advice", "failure", "not_executed"), CASES)
def test_the_table_says(
    gateway: str, facts: Facts, knowledge: Knowledge, advice: Advice, failure: bool, not_executed: bool
) -> None:
    meaning = meaning_of(TABLES[gateway], facts)
    assert (meaning.knowledge, meaning.advice) == (knowledge, advice)
    assert (meaning.failure, meaning.not_executed) == (failure, not_executed)


def everything(gateway: str) -> list[Facts]:
    table = TABLES[gateway]
    codes = {code for row in table for code in row.codes} | {"", "ok", "never_heard_of"}
    hints = {hint for row in table for hint in row.hints} | {"", "never_heard_of"}
    answered = itertools.product(range(100, 600), codes, hints)
    return [*(Facts(phase) for phase in Phase), *(Facts(A, *facts) for facts in answered)]


@pytest.mark.parametrize("gateway", TABLES)
def test_nothing_is_proven_that_the_wire_cannot_prove(gateway: str) -> None:
    for facts in everything(gateway):
        meaning = meaning_of(TABLES[gateway], facts)
        unsent = facts.phase in (Phase.REFUSED, Phase.CONNECT_TIMEOUT)
        assert meaning.not_executed is unsent
        if meaning.knowledge is YES:
            assert facts.status in range(200, 300)
            assert facts.code == "ok"
        if meaning.advice is Advice.FALLBACK_OK:
            assert unsent or (facts.status in (402, 422) and meaning.knowledge is NO)
        if facts.status is not None and (facts.status >= 500 or facts.status in (409, 429)):
            assert meaning.knowledge is UNKNOWN
        if meaning.knowledge is NO:
            assert meaning.failure is unsent


@pytest.mark.parametrize("gateway", TABLES)
def test_every_row_of_the_table_can_be_reached(gateway: str) -> None:
    table = TABLES[gateway]
    firsts = (next((n for n, row in enumerate(table) if row.matches(facts)), -1) for facts in everything(gateway))
    assert set(firsts) - {-1} == set(range(len(table)))


def test_a_reply_names_how_the_wire_failed() -> None:
    codes = {phase: reply_of(stripe_table.TABLE, Facts(phase)).code for phase in Phase if phase is not A}
    assert codes == {
        Phase.REFUSED: "connection_refused",
        Phase.CONNECT_TIMEOUT: "connect_timeout",
        Phase.SENT: "timeout",
        Phase.RESET: "connection_reset",
        Phase.TRUNCATED: "truncated",
    }
