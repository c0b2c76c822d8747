"""What can be refused at sight is refused all the same only after its key was looked up, and once that is durable."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import pytest

from system.connectors.registry import PRESENTMENTS
from system.presentment import Presentment
from system.store.connection import CommitIndeterminate
from tests.system.conftest import TestDatabase
from tests.system.core.fakes import Shop

pytestmark = pytest.mark.real


def take_only_tens(shop: Shop) -> None:
    """From now on no gateway takes euros but in tens of them, as after a change of its terms."""
    presentments: Mapping[str, Presentment] = {
        name: replace(one, terms={**one.terms, "EUR": replace(one.terms["EUR"], step_minor=1000)})
        for name, one in PRESENTMENTS.items()
    }
    shop.platform.seams = replace(shop.platform.seams, presentments=presentments)


def confirm_nothing(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    """No standby answers any more."""

    async def confirm(read_on: int) -> None:
        raise CommitIndeterminate

    monkeypatch.setattr(shop.platform.durable, "confirm", confirm)


async def capture(shop: Shop, payment_id: str, key: str, **fields: Any) -> tuple[int, dict[str, Any], bytes, Any]:
    body = {"merchant_reference": f"capture-{key}", **fields}
    return await shop.request("POST", f"/v1/payments/{payment_id}/capture", key=key, body=body)


def code_of(answer: tuple[int, dict[str, Any], bytes, Any]) -> tuple[int, str]:
    return answer[0], answer[1]["error"]["code"]


async def test_what_no_gateway_takes_any_more_is_refused_but_a_replay_is_answered_as_it_was(
    shop: Shop, database: TestDatabase
) -> None:
    sold = await shop.create("k1")
    given_back = await shop.refund(sold[1]["id"], "r1", amount_minor=500)
    take_only_tens(shop)
    assert (await shop.create("k1"))[2] == sold[2]
    assert code_of(await shop.create("k1", amount_minor=5)) == (422, "idempotency_key_reused")
    assert code_of(await shop.create("k2")) == (422, "amount_not_supported")
    assert (await shop.refund(sold[1]["id"], "r1", amount_minor=500))[2] == given_back[2]
    assert code_of(await shop.refund(sold[1]["id"], "r1", amount_minor=501)) == (422, "idempotency_key_reused")
    assert code_of(await shop.refund(sold[1]["id"], "r2", amount_minor=501)) == (422, "amount_not_supported")
    with database.connect() as connection:
        keys = connection.execute("SELECT idempotency_key FROM books.idempotency_keys ORDER BY 1").fetchall()
    assert keys == [("k1",), ("r1",)]


async def test_an_amount_with_more_decimals_than_its_currency_has_is_not_the_one_that_the_key_was_used_with(
    shop: Shop,
) -> None:
    held = (await shop.create("k1", capture="manual"))[1]["id"]
    assert code_of(await capture(shop, held, "c1", amount="10.555")) == (400, "amount_invalid")
    taken = await capture(shop, held, "c1", amount="10.55")
    assert (taken[0], taken[1]["captured_minor"]) == (200, 1055)
    assert (await capture(shop, held, "c1", amount="10.55"))[2] == taken[2]
    assert (await capture(shop, held, "c1", amount_minor=1055))[2] == taken[2]
    for amount in ("10.555", "0.00", "ten"):
        assert code_of(await capture(shop, held, "c1", amount=amount)) == (422, "idempotency_key_reused")
    assert code_of(await shop.refund(held, "r1", amount="1.005")) == (400, "amount_invalid")


async def test_a_decimal_amount_for_a_payment_that_is_not_there_is_not_found_whatever_its_decimals(shop: Shop) -> None:
    for amount in ("10.55", "10.555555"):
        assert code_of(await shop.refund("pay_none", "r1", amount=amount)) == (404, "payment_not_found")


async def test_what_the_request_alone_shows_to_be_nonsense_is_refused_at_once(
    shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    confirm_nothing(shop, monkeypatch)
    for amount in ({"amount": 10}, {"amount": "10.00", "amount_minor": 1000}, {"amount_minor": "10"}, {}):
        assert (await shop.refund("pay_none", "r1", **amount))[0] == 400


async def test_no_refusal_that_names_what_was_read_is_told_before_that_is_on_a_second_node(
    shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    sold = (await shop.create("k1"))[1]["id"]
    take_only_tens(shop)
    confirm_nothing(shop, monkeypatch)
    for answer in (
        await shop.create("k2"),
        await shop.refund(sold, "r1", amount_minor=500),
        await shop.refund(sold, "r2", amount="1.005"),
        await shop.refund("pay_none", "r3", amount="1.00"),
    ):
        assert code_of(answer) == (503, "database_unavailable")
        assert answer[1]["error"]["definite"] is False
