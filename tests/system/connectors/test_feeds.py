"""The gateways' transaction feeds through the connectors: whole, lagging, incomplete, broken; and cancel by key."""

from itertools import pairwise

import pytest

from system.clock import now_us
from system.connectors.connector import Connector
from system.connectors.paypal.feed import windows
from system.feed import Feed, FeedLine, Happened
from system.gateway import KEY_USED, GatewayRequest, Kind, Knowledge
from tests.system.connectors.conftest import wish
from tests.system.gateways.live import LiveGateway

DAY_US = 86_400 * 1_000_000
Told = tuple[str, str, int, str]


async def everything(connector: Connector) -> Feed:
    return await connector.feed(now_us() - DAY_US, now_us() + 1_000_000)


async def day(connector: Connector) -> None:
    """A sale that is refunded in part, a hold that is captured in part, and one that is released."""
    sold = await connector.authorize(wish(Kind.SALE, "sale"))
    await connector.refund(wish(Kind.REFUND, "sale", 600, gateway_ref=sold.gateway_ref))
    held = await connector.authorize(wish(Kind.AUTHORIZE, "held"))
    await connector.capture(wish(Kind.CAPTURE, "held", 1500, gateway_ref=held.gateway_ref))
    freed = await connector.authorize(wish(Kind.AUTHORIZE, "freed", 500, "JPY"))
    await connector.void(wish(Kind.VOID, "freed", 500, "JPY", gateway_ref=freed.gateway_ref))
    await connector.authorize(wish(Kind.SALE, "poor", method="pm_card_chargeDeclined"))


def told(line: FeedLine) -> Told:
    return (line.happened.value, line.attempt_id, line.amount_minor, line.currency)


async def test_the_feed_tells_each_movement_once_with_our_ids_and_amounts(connector: Connector) -> None:
    await day(connector)
    feed = await everything(connector)
    assert feed.trouble is None
    assert sorted(map(told, feed.lines)) == [
        ("authorize", "att_freed_authorize", 500, "JPY"),
        ("authorize", "att_held_authorize", 1999, "EUR"),
        ("capture", "att_held_capture", 1500, "EUR"),
        ("capture", "att_sale_sale", 1999, "EUR"),
        ("refund", "att_sale_refund", 600, "EUR"),
        ("void", "", 500, "JPY"),
    ]
    assert len({line.line_id for line in feed.lines}) == len(feed.lines)


async def test_its_references_are_those_of_the_replies(connector: Connector) -> None:
    sold = await connector.authorize(wish(Kind.SALE, "1"))
    held = await connector.authorize(wish(Kind.AUTHORIZE, "2"))
    await connector.void(wish(Kind.VOID, "2", gateway_ref=held.gateway_ref))
    refs = {line.happened: line.gateway_ref for line in (await everything(connector)).lines}
    assert refs == {
        Happened.CAPTURE: sold.gateway_ref,
        Happened.AUTHORIZE: held.gateway_ref,
        Happened.VOID: held.gateway_ref,
    }


async def test_a_long_feed_is_read_to_its_end(
    connector: Connector, gateway: LiveGateway, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("system.connectors.paypal.feed.PAGE_SIZE", 40)
    for number in range(103):
        await connector.authorize(wish(Kind.SALE, str(number)))
    feed = await everything(connector)
    assert len({line.attempt_id for line in feed.lines}) == len(feed.lines) == gateway.moved() > 80


async def test_a_feed_begins_where_it_is_asked_to(connector: Connector) -> None:
    await connector.authorize(wish(Kind.SALE, "1"))
    assert (await connector.feed(2**52, 2**52 + 1)).lines == ()


async def test_a_feed_ends_where_it_is_asked_to(connector: Connector) -> None:
    await connector.authorize(wish(Kind.SALE, "1"))
    feed = await connector.feed(now_us() - DAY_US, now_us() - DAY_US // 2)
    assert (feed.lines, feed.trouble) == ((), None)


async def test_a_span_of_months_is_read_whole(connector: Connector, gateway: LiveGateway) -> None:
    await connector.authorize(wish(Kind.SALE, "1"))
    feed = await connector.feed(now_us() - 100 * DAY_US, now_us() + 1_000_000)
    assert (feed.trouble, [told(line) for line in feed.lines]) == (None, [("capture", "att_1_sale", 1999, "EUR")])
    asked = [call for call in gateway.books()["calls"] if call["method"] == "GET"]
    assert len(asked) == {"paypal": 4, "stripe": 2, "acquirer": 1}[connector.name]


@pytest.mark.parametrize("days", [0, 1, 31, 32, 62, 63, 400])
def test_windows_cover_a_span_once_and_none_is_longer_than_paypal_answers(days: int) -> None:
    begin_s, last_s = 1_700_000_000, 1_700_000_000 + days * 86_400
    covered = []
    for from_us, to_us in windows(begin_s * 1_000_000, last_s * 1_000_000):
        assert from_us <= to_us <= from_us + 31 * DAY_US
        covered.append((from_us // 1_000_000, to_us // 1_000_000))
    assert covered[0][0] == begin_s
    assert covered[-1][1] == last_s
    assert all(later[0] == earlier[1] + 1 for earlier, later in pairwise(covered))


async def test_a_lagging_feed_does_not_show_the_newest_and_counts_it_as_a_hit(
    connector: Connector, gateway: LiveGateway
) -> None:
    await connector.authorize(wish(Kind.SALE, "1"))
    gateway.arm("feed_lag", lag_s=60)
    feed = await everything(connector)
    assert (feed.lines, feed.trouble) == ((), None)
    assert gateway.hits() == 1
    found = await connector.lookup(wish(Kind.SALE, "1"))
    assert found.reply is not None


async def test_an_incomplete_feed_leaves_out_the_same_rows_until_it_is_whole_again(
    connector: Connector, gateway: LiveGateway
) -> None:
    for number in range(30):
        await connector.authorize(wish(Kind.SALE, str(number)))
    gateway.arm("feed_gaps", missing_share=0.3)
    first = (await everything(connector)).lines
    assert 10 < len(first) < gateway.moved()
    assert (await everything(connector)).lines == first
    gateway.disarm()
    assert len((await everything(connector)).lines) == gateway.moved()


async def test_a_reading_that_breaks_off_has_trouble_and_no_lines(connector: Connector, gateway: LiveGateway) -> None:
    await connector.authorize(wish(Kind.SALE, "1"))
    gateway.arm("brownout")
    feed = await everything(connector)
    assert feed.lines == ()
    assert feed.trouble is not None
    assert feed.trouble.knowledge is Knowledge.UNKNOWN


async def test_a_decline_that_was_executed_is_in_the_feed(connector: Connector, gateway: LiveGateway) -> None:
    gateway.arm("execute_then_decline")
    reply = await connector.authorize(wish(Kind.SALE, "1"))
    assert reply.knowledge is Knowledge.DEFINITE_NO
    assert (await connector.resend(wish(Kind.SALE, "1"))).knowledge is Knowledge.DEFINITE_NO
    assert [told(line) for line in (await everything(connector)).lines] == [("capture", "att_1_sale", 1999, "EUR")]


def never_sent() -> GatewayRequest:
    return wish(Kind.SALE, "never")


@pytest.mark.parametrize("gateway", ["stripe"], indirect=True)
async def test_a_canceled_key_can_never_charge_any_more(connector: Connector, gateway: LiveGateway) -> None:
    for _ in range(2):
        reply = await connector.cancel_key(never_sent())
        assert (reply.knowledge, reply.not_executed, reply.code) == (Knowledge.DEFINITE_NO, True, "key_canceled")
    late = await connector.authorize(never_sent())
    assert (late.knowledge, late.code) == (Knowledge.UNKNOWN, "idempotency_error")
    assert gateway.moved() == 0
    assert (await everything(connector)).lines == ()


@pytest.mark.parametrize("gateway", ["stripe"], indirect=True)
async def test_the_key_of_what_was_done_or_declined_is_not_canceled(connector: Connector, gateway: LiveGateway) -> None:
    declined = wish(Kind.SALE, "poor", method="pm_card_chargeDeclined")
    for request in (wish(Kind.SALE, "1"), declined):
        await connector.authorize(request)
        reply = await connector.cancel_key(request)
        assert (reply.knowledge, reply.not_executed, reply.code) == (Knowledge.UNKNOWN, False, KEY_USED)
    assert gateway.moved() == 1


@pytest.mark.parametrize("gateway", ["paypal", "acquirer"], indirect=True)
async def test_who_offers_it_not_cancels_no_keys(connector: Connector) -> None:
    reply = await connector.cancel_key(never_sent())
    assert (reply.knowledge, reply.not_executed) == (Knowledge.UNKNOWN, False)
