"""PayPal's two steps and its token: what may fail without money being in question."""

import asyncio
from pathlib import Path

from system.connectors.paypal.connector import PayPalConnector
from system.connectors.wire import Wire
from system.gateway import Advice, Kind, Knowledge, Phase
from tests.system.connectors.conftest import wish
from tests.system.gateways.live import CLIENT_ID, SECRET, LiveGateway


def connect(gateway: LiveGateway, secret: str = SECRET, timeout_s: float = 5.0) -> PayPalConnector:
    return PayPalConnector(Wire(gateway.url, timeout_s=timeout_s, connect_timeout_s=timeout_s), CLIENT_ID, secret)


async def test_a_lost_order_is_unknown_moves_no_money_and_is_settled_by_resending(tmp_path: Path) -> None:
    gateway = LiveGateway("paypal", tmp_path / "journal")
    connector = connect(gateway)
    gateway.arm("execute_then_drop", endpoints="order")
    reply = await connector.authorize(wish(Kind.SALE, "1"))
    assert (reply.knowledge, reply.advice, reply.phase) == (
        Knowledge.UNKNOWN,
        Advice.RETRY_SAME_KEY,
        Phase.RESET,
    )
    assert gateway.moved() == 0
    gateway.disarm()
    assert (await connector.resend(wish(Kind.SALE, "1"))).knowledge is Knowledge.DEFINITE_YES
    assert gateway.moved() == 1
    orders = [row for row in gateway.books()["calls"] if row["endpoint"] == "order"]
    assert [row["result"] for row in orders] == ["not_executed", "replayed"]
    await connector.close()
    gateway.stop()


async def test_without_a_token_the_money_call_was_never_sent(tmp_path: Path) -> None:
    gateway = LiveGateway("paypal", tmp_path / "journal")
    gateway.arm("execute_then_drop", endpoints="token", how="hang", hang_ms=3000)
    connector = connect(gateway, timeout_s=1.0)
    replies = await asyncio.gather(*(connector.authorize(wish(Kind.SALE, str(n))) for n in range(5)))
    assert {(reply.knowledge, reply.not_executed) for reply in replies} == {(Knowledge.DEFINITE_NO, True)}
    assert {row["endpoint"] for row in gateway.books()["calls"]} == {"token"}
    assert len(gateway.books()["calls"]) == 1, "all callers wait for one fetch"
    await connector.close()
    gateway.stop()


async def test_a_token_is_fetched_once_and_renewed_when_it_is_not_accepted(tmp_path: Path) -> None:
    gateway = LiveGateway("paypal", tmp_path / "journal")
    connector = connect(gateway)
    assert (await connector.authorize(wish(Kind.SALE, "1"))).knowledge is Knowledge.DEFINITE_YES
    connector._token._value = "A21.1.false"
    assert (await connector.authorize(wish(Kind.SALE, "2"))).knowledge is Knowledge.DEFINITE_YES
    tokens = [row for row in gateway.books()["calls"] if row["endpoint"] == "token"]
    assert len(tokens) == 2
    await connector.close()
    gateway.stop()


async def test_wrong_credentials_are_an_alarm(tmp_path: Path) -> None:
    gateway = LiveGateway("paypal", tmp_path / "journal")
    connector = connect(gateway, secret="wrong")
    reply = await connector.authorize(wish(Kind.SALE, "1"))
    assert (reply.knowledge, reply.advice, reply.http_status) == (Knowledge.DEFINITE_NO, Advice.ALARM, 401)
    await connector.close()
    gateway.stop()


async def test_a_reference_of_the_wrong_kind_is_refused_before_anything_is_sent(tmp_path: Path) -> None:
    gateway = LiveGateway("paypal", tmp_path / "journal")
    connector = connect(gateway)
    reply = await connector.refund(wish(Kind.REFUND, "1", gateway_ref="authorization:X"))
    assert (reply.knowledge, reply.advice) == (Knowledge.DEFINITE_NO, Advice.ALARM)
    assert gateway.books()["calls"] == []
    await connector.close()
    gateway.stop()
