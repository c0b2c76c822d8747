"""A replica that stalled at the gateway while others decided about its attempt."""

from collections.abc import Callable

import pytest

from system.gateway import GatewayReply, GatewayRequest
from tests.system.conftest import TestDatabase
from tests.system.core.fakes import REFUSED, Shop

pytestmark = pytest.mark.real


def rows(database: TestDatabase, sql: str) -> list[tuple[object, ...]]:
    with database.connect() as connection:
        return connection.execute(sql).fetchall()


def meanwhile(
    database: TestDatabase, kind: str, change: str, reply: GatewayReply | None
) -> Callable[[GatewayRequest], GatewayReply | None]:
    """Change the attempt's row while its call is at the gateway."""

    def script(request: GatewayRequest) -> GatewayReply | None:
        if request.kind != kind:
            return None
        with database.connect() as connection:
            connection.execute(
                f"UPDATE pay.gateway_attempts SET {change} WHERE attempt_id = %s",
                (request.attempt_id,),
            )
        return reply

    return script


RESENT = "state = 'unknown', sends = 2, version = version + 1"


async def test_a_refusal_is_no_proof_for_an_attempt_that_the_worker_sent_again(
    shop: Shop, database: TestDatabase
) -> None:
    shop.gateways["stripe"].script = meanwhile(database, "sale", RESENT, REFUSED)
    status, payment, _, _ = await shop.create("k1")
    assert (status, payment["status"]) == (202, "processing")
    assert rows(database, "SELECT state FROM books.attempts") == [("unknown",)]
    assert not shop.gateways["paypal"].calls


async def test_a_refused_refund_that_the_worker_sent_again_keeps_its_money_reserved(
    shop: Shop, database: TestDatabase
) -> None:
    _, payment, _, _ = await shop.create("k1")
    shop.gateways["stripe"].script = meanwhile(database, "refund", RESENT, REFUSED)
    status, refund, _, _ = await shop.refund(payment["id"], "r1", amount_minor=1500)
    assert (status, refund["status"]) == (202, "pending")
    assert rows(database, "SELECT refund_reserved_minor FROM pay.payments") == [(1500,)]


async def authorized(shop: Shop) -> str:
    status, payment, _, _ = await shop.create("k1", capture="manual")
    assert (status, payment["status"]) == (201, "authorized")
    return str(payment["id"])


CLOSED = "state = 'declined'"


async def test_a_capture_that_succeeds_late_is_given_back(shop: Shop, database: TestDatabase) -> None:
    payment_id = await authorized(shop)
    shop.gateways["stripe"].script = meanwhile(database, "capture", CLOSED, None)
    await shop.request("POST", f"/v1/payments/{payment_id}/capture", key="c1", body={"merchant_reference": "c"})
    assert rows(database, "SELECT call_kind, state FROM pay.gateway_attempts ORDER BY prepared_at_us") == [
        ("authorize", "succeeded"),
        ("capture", "declined"),
        ("refund", "prepared"),
    ]
    assert rows(database, "SELECT action, outcome FROM books.audit") == [
        ("late_success", "reversal_begun"),
        ("late_success", "alert"),
    ]


async def test_a_void_that_succeeds_late_has_no_inverse_and_is_told_to_people(
    shop: Shop, database: TestDatabase
) -> None:
    payment_id = await authorized(shop)
    shop.gateways["stripe"].script = meanwhile(database, "void", CLOSED, None)
    await shop.request("POST", f"/v1/payments/{payment_id}/void", key="v1", body={"merchant_reference": "v"})
    assert rows(database, "SELECT action, outcome FROM books.audit") == [("late_success_without_inverse", "alert")]
