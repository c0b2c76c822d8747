"""All connectors against running gateways, healthy and broken. One test, one meaning, whichever gateway."""

import asyncio
from dataclasses import replace
from typing import Any

import pytest

from system.connectors.connector import Connector, send
from system.gateway import Advice, GatewayReply, Kind, Knowledge, Lookup, LookupStatus, Phase
from tests.system.connectors.conftest import connected, wish
from tests.system.gateways.live import LiveGateway, eventually

NO, YES, UNKNOWN = Knowledge.DEFINITE_NO, Knowledge.DEFINITE_YES, Knowledge.UNKNOWN


def said(reply: GatewayReply) -> tuple[Knowledge, Advice, Phase]:
    return reply.knowledge, reply.advice, reply.phase


@pytest.mark.parametrize(("currency", "amount"), [("JPY", 500), ("EUR", 1999), ("HUF", 21_200), ("USD", 50)])
async def test_a_sale_is_done_and_echoes_its_money(
    connector: Connector, gateway: LiveGateway, currency: str, amount: int
) -> None:
    reply = await connector.authorize(wish(Kind.SALE, "1", amount, currency))
    assert said(reply) == (YES, Advice.NONE, Phase.ANSWERED)
    assert (reply.amount_minor, reply.currency, reply.code, reply.failure) == (amount, currency, "", False)
    assert reply.gateway_ref
    assert reply.executed_at_us
    (movement,) = gateway.books()["movements"]
    # The gateway's books are in its own units: it has no decimals of HUF.
    units = amount // 100 if (gateway.brand, currency) == ("paypal", "HUF") else amount
    assert (movement["amount_minor"], movement["currency"], movement["attempt_id"]) == (units, currency, "att_1_sale")
    assert (movement["reference"], movement["merchant_id"]) == ("ref_1", "m_alpha")
    assert {row["correlation_id"] for row in gateway.books()["calls"]} == {"corr_1"}


async def test_authorize_capture_and_refund_follow_each_other(connector: Connector, gateway: LiveGateway) -> None:
    held = await connector.authorize(wish(Kind.AUTHORIZE, "1", 1000))
    taken = await connector.capture(wish(Kind.CAPTURE, "1", 700, gateway_ref=held.gateway_ref))
    back = await connector.refund(wish(Kind.REFUND, "1", 300, gateway_ref=taken.gateway_ref))
    assert [reply.knowledge for reply in (held, taken, back)] == [YES] * 3
    assert [reply.amount_minor for reply in (held, taken, back)] == [1000, 700, 300]
    moved = gateway.books()["movements"]
    assert [(row["kind"], row["amount_minor"], row["operation_id"]) for row in moved] == [
        ("authorize", 1000, "op_1_authorize"),
        ("capture", 700, "op_1_capture"),
        ("refund", 300, "op_1_refund"),
    ]
    assert {row["payment_id"] for row in moved} == {"pay_1"}


async def test_a_void_releases_and_a_second_one_under_its_key_is_the_same(
    connector: Connector, gateway: LiveGateway
) -> None:
    held = await connector.authorize(wish(Kind.AUTHORIZE, "1", 1000))
    void = wish(Kind.VOID, "1", 1000, gateway_ref=held.gateway_ref)
    assert (await connector.void(void)).knowledge is YES
    assert (await connector.resend(void)).knowledge is YES
    assert [row["kind"] for row in gateway.books()["movements"]] == ["authorize", "void"]
    assert gateway.books()["movements"][1]["attempt_id"] == "att_1_void"


async def test_a_resend_finds_the_same_money(connector: Connector, gateway: LiveGateway) -> None:
    request = wish(Kind.SALE, "1")
    first, again = await send(connector, request), await connector.resend(request)
    assert (again.knowledge, again.gateway_ref) == (YES, first.gateway_ref)
    assert gateway.moved() == 1


@pytest.mark.parametrize(
    ("method", "advice"),
    [
        ("pm_card_visa_chargeDeclined", Advice.NONE),
        ("pm_card_visa_chargeDeclinedInsufficientFunds", Advice.NONE),
        ("pm_card_chargeDeclinedExpiredCard", Advice.NONE),
        ("pm_card_chargeDeclinedProcessingError", Advice.FALLBACK_OK),
        ("pm_card_visa_chargeDeclinedTryAgainLater", Advice.FALLBACK_OK),
    ],
)
async def test_a_decline_is_a_definite_no_and_no_failure(connector: Connector, method: str, advice: Advice) -> None:
    reply = await connector.authorize(wish(Kind.SALE, "1", method=method))
    assert said(reply) == (NO, advice, Phase.ANSWERED)
    assert (reply.failure, reply.not_executed) == (False, False)
    assert reply.code


@pytest.mark.parametrize("gateway", ["stripe"], indirect=True)  # the paypal-like gateway never asks the payer
async def test_a_payment_that_the_payer_must_confirm_waits_and_can_be_given_up(
    connector: Connector, gateway: LiveGateway
) -> None:
    for kind in (Kind.SALE, Kind.AUTHORIZE):
        request = wish(kind, "1", method="pm_card_authenticationRequired")
        for reply in (await connector.authorize(request), await connector.resend(request)):
            assert said(reply) == (UNKNOWN, Advice.NONE, Phase.ANSWERED)
            assert (reply.code, reply.failure) == ("authentication_required", False)
        found = await connector.lookup(request)
        assert found.reply is not None
        assert (found.reply.knowledge, found.reply.code) == (UNKNOWN, "authentication_required")
        waiting = replace(request, gateway_ref=reply.gateway_ref)
        for over in (await connector.abandon(waiting), await connector.abandon(waiting)):
            assert (over.knowledge, over.code) == (NO, "authentication_timeout")
        for asked in (request, waiting):
            gone = await connector.lookup(asked)
            assert gone.reply is not None
            assert (gone.reply.knowledge, gone.reply.code) == (NO, "authentication_timeout")
    assert gateway.moved() == 0
    assert {row["status"] for row in gateway.books()["charges"]} == {"canceled"}


@pytest.mark.parametrize("gateway", ["stripe"], indirect=True)
async def test_giving_up_finds_a_payer_who_was_faster(connector: Connector, gateway: LiveGateway) -> None:
    request = wish(Kind.SALE, "1", method="pm_card_threeDSecure2Required")
    reply = await connector.authorize(request)
    eventually(lambda: gateway.moved() == 1)
    over = await connector.abandon(replace(request, gateway_ref=reply.gateway_ref))
    assert (over.knowledge, over.gateway_ref, over.amount_minor) == (YES, reply.gateway_ref, 1999)


async def test_a_rejected_resend_proves_nothing_about_the_first(connector: Connector, gateway: LiveGateway) -> None:
    request = wish(Kind.SALE, "1", method="pm_card_nobody")
    assert said(await connector.authorize(request)) == (NO, Advice.ALARM, Phase.ANSWERED)
    assert said(await connector.resend(request)) == (UNKNOWN, Advice.QUERY, Phase.ANSWERED)


async def test_too_large_a_refund_is_a_definite_no(connector: Connector) -> None:
    sold = await connector.authorize(wish(Kind.SALE, "1", 100))
    reply = await connector.refund(wish(Kind.REFUND, "1", 101, gateway_ref=sold.gateway_ref))
    assert said(reply) == (NO, Advice.NONE, Phase.ANSWERED)


async def test_a_payment_method_that_nobody_knows_is_rejected_with_an_alarm(connector: Connector) -> None:
    reply = await connector.authorize(wish(Kind.SALE, "1", method="pm_card_nobody"))
    assert said(reply) == (NO, Advice.ALARM, Phase.ANSWERED)


BROKEN: list[tuple[str, dict[str, Any], Advice, Phase, bool, int]] = [
    # kind, parameters, advice, phase, failure, captures in the books; the knowledge is UNKNOWN in all of them
    ("execute_then_drop", {"how": "close"}, Advice.RETRY_SAME_KEY, Phase.RESET, True, 1),
    ("execute_then_drop", {"how": "reset"}, Advice.RETRY_SAME_KEY, Phase.RESET, True, 1),
    ("execute_then_500", {}, Advice.RETRY_SAME_KEY, Phase.ANSWERED, True, 1),
    ("drop_before_execute", {}, Advice.RETRY_SAME_KEY, Phase.RESET, True, 0),
    ("reset_before_read", {}, Advice.RETRY_SAME_KEY, Phase.RESET, True, 0),
    ("429", {}, Advice.RETRY_SAME_KEY, Phase.ANSWERED, False, 0),
    ("409_in_use", {}, Advice.RETRY_SAME_KEY, Phase.ANSWERED, False, 0),
    ("409_in_use", {"at": "after"}, Advice.RETRY_SAME_KEY, Phase.ANSWERED, False, 1),
    ("brownout", {}, Advice.RETRY_SAME_KEY, Phase.ANSWERED, True, 0),
    ("malformed_200", {"body": "html"}, Advice.ALARM, Phase.ANSWERED, True, 1),
    ("malformed_200", {"body": "empty"}, Advice.ALARM, Phase.ANSWERED, True, 1),
    ("malformed_200", {"body": "array"}, Advice.ALARM, Phase.ANSWERED, True, 1),
    ("malformed_200", {"body": "text"}, Advice.ALARM, Phase.ANSWERED, True, 1),
    ("truncated_body", {}, Advice.RETRY_SAME_KEY, Phase.TRUNCATED, True, 1),
    ("wrong_amount_echo", {"by_minor": 1}, Advice.ALARM, Phase.ANSWERED, False, 1),
    ("wrong_amount_echo", {"by_minor": 0, "currency": "USD"}, Advice.ALARM, Phase.ANSWERED, False, 1),
]


@pytest.mark.parametrize(("kind", "parameters", "advice", "phase", "failure", "captures"), BROKEN)
async def test_a_broken_answer_is_unknown_and_the_key_finds_the_truth_once(
    connector: Connector,
    gateway: LiveGateway,
    kind: str,
    parameters: dict[str, Any],
    advice: Advice,
    phase: Phase,
    failure: bool,
    captures: int,
) -> None:
    request = wish(Kind.SALE, "1")
    gateway.arm(kind, endpoints="create", **parameters)
    reply = await connector.authorize(request)
    assert said(reply) == (UNKNOWN, advice, phase)
    assert (reply.failure, reply.not_executed) == (failure, False)
    assert gateway.moved() == captures
    gateway.disarm()
    truth = await _settled(connector, request)
    if kind == "execute_then_500":
        # The key repeats the 500 for ever; the lookup is what resolves it.
        assert truth.knowledge is UNKNOWN
        found = await connector.lookup(request)
        truth = found.reply or truth
    assert truth.knowledge is YES
    assert gateway.moved() == 1


@pytest.mark.parametrize(
    ("kind", "parameters"),
    [("execute_then_drop", {"how": "hang", "hang_ms": 3000}), ("execute_then_late_reply", {"ms": 3000})],
)
async def test_an_answer_that_does_not_come_in_time_is_unknown_and_the_key_finds_the_truth_once(
    connector: Connector, gateway: LiveGateway, kind: str, parameters: dict[str, Any]
) -> None:
    request = wish(Kind.SALE, "1")
    gateway.arm(kind, endpoints="create", **parameters)
    async with connected(gateway, timeout_s=1.5) as impatient:
        reply = await impatient.authorize(request)
    assert said(reply) == (UNKNOWN, Advice.QUERY, Phase.SENT)
    assert (reply.failure, reply.not_executed) == (True, False)
    assert gateway.moved() == 1
    gateway.disarm()
    assert (await _settled(connector, request)).knowledge is YES
    assert gateway.moved() == 1


async def _settled(connector: Connector, request: Any) -> GatewayReply:
    """Re-send until the first call has let go of its key."""
    async with asyncio.timeout(30):
        while True:
            reply = await connector.resend(request)
            if reply.http_status != 409:
                return reply
            await asyncio.sleep(0.05)


async def test_a_gateway_that_is_not_there_proves_non_execution_but_not_for_a_resend(
    connector: Connector, gateway: LiveGateway
) -> None:
    held = await connector.authorize(wish(Kind.AUTHORIZE, "1"))
    gateway._servers.stop()
    for request in (
        wish(Kind.SALE, "2"),
        wish(Kind.CAPTURE, "1", gateway_ref=held.gateway_ref),
        wish(Kind.VOID, "1", gateway_ref=held.gateway_ref),
    ):
        # A kept-alive connection may die first: that is a reset. From the next call on nobody is there.
        await send(connector, request)
        reply = await send(connector, request)
        assert said(reply) == (NO, Advice.FALLBACK_OK, Phase.REFUSED)
        assert (reply.not_executed, reply.failure) == (True, True)
        again = await connector.resend(request)
        assert (again.knowledge, again.advice, again.not_executed) == (UNKNOWN, Advice.QUERY, False)
        lookup = await connector.lookup(request)
        assert lookup.status is LookupStatus.ERROR
        assert lookup.reply is not None
        assert lookup.reply.knowledge is UNKNOWN


async def _look(connector: Connector, kind: Kind, ref: str | None, amount: int = 1999) -> Lookup:
    return await connector.lookup(wish(kind, "1", amount, gateway_ref=ref))


async def test_lookups_find_what_was_done_as_the_reply_that_was_lost(connector: Connector) -> None:
    sold = await connector.authorize(wish(Kind.SALE, "1"))
    found = await _look(connector, Kind.SALE, None)
    assert found.status is LookupStatus.FOUND
    assert found.reply is not None
    assert (found.reply.knowledge, found.reply.gateway_ref) == (YES, sold.gateway_ref)
    assert (await _look(connector, Kind.REFUND, sold.gateway_ref, 100)).status is LookupStatus.MISS
    back = await connector.refund(wish(Kind.REFUND, "1", 100, gateway_ref=sold.gateway_ref))
    refunded = await _look(connector, Kind.REFUND, sold.gateway_ref, 100)
    assert refunded.reply is not None
    assert (refunded.reply.knowledge, refunded.reply.gateway_ref) == (YES, back.gateway_ref)


async def test_lookups_of_captures_and_voids(connector: Connector) -> None:
    held = await connector.authorize(wish(Kind.AUTHORIZE, "1"))
    assert (await _look(connector, Kind.AUTHORIZE, None)).status is LookupStatus.FOUND
    for kind in (Kind.CAPTURE, Kind.VOID):
        assert (await _look(connector, kind, held.gateway_ref)).status is LookupStatus.MISS
    await connector.capture(wish(Kind.CAPTURE, "1", gateway_ref=held.gateway_ref))
    captured = await _look(connector, Kind.CAPTURE, held.gateway_ref)
    assert captured.reply is not None
    assert captured.reply.knowledge is YES
    voided = await _look(connector, Kind.VOID, held.gateway_ref)
    assert voided.reply is not None
    assert (voided.reply.knowledge, voided.reply.code) == (NO, "moved_on")


@pytest.mark.parametrize("gateway", ["stripe", "paypal"], indirect=True)  # an acquirer's inquiry does not lag
async def test_a_lagging_index_is_a_miss(connector: Connector, gateway: LiveGateway) -> None:
    await connector.authorize(wish(Kind.SALE, "1"))
    gateway.arm("search_lag", lag_s=60)
    assert (await _look(connector, Kind.SALE, None)).status is LookupStatus.MISS
    assert gateway.hits() == 1


async def test_a_lookup_that_is_answered_with_an_error_says_nothing(connector: Connector, gateway: LiveGateway) -> None:
    await connector.authorize(wish(Kind.SALE, "1"))
    gateway.arm("brownout", endpoints="retrieve" if gateway.brand == "acquirer" else "search")
    lookup = await _look(connector, Kind.SALE, None)
    assert lookup.status is LookupStatus.ERROR
    assert lookup.reply is not None
    assert (lookup.reply.knowledge, lookup.reply.failure) == (UNKNOWN, True)


async def test_a_decline_is_found_by_lookup_but_at_paypal(connector: Connector, gateway: LiveGateway) -> None:
    request = wish(Kind.SALE, "1", method="pm_card_visa_chargeDeclined")
    await connector.authorize(request)
    lookup = await connector.lookup(request)
    if gateway.brand != "paypal":
        assert lookup.reply is not None
        assert lookup.reply.knowledge is NO
    else:
        # PayPal's feed tells of money only; a declined attempt is settled by re-sending it.
        assert lookup.status is LookupStatus.MISS
        assert (await connector.resend(request)).knowledge is NO
