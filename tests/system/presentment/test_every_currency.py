"""Every currency of ISO 4217 through every gateway, against the rules that they publish."""

from pathlib import Path
from typing import Any

import msgspec
import pytest

from harness.core.currencies import EXPONENTS, exponent_of
from harness.targets.presented import Published, in_minor_units, rule_rows
from system import money
from system.connectors.registry import PRESENTMENTS
from system.gateway import Kind, Knowledge
from system.presentment import Presentment
from tests.system.connectors.conftest import connected, wish
from tests.system.gateways.live import LiveGateway, call

GATEWAYS = ("stripe", "paypal", "acquirer")


@pytest.fixture(scope="module", params=GATEWAYS)
def gateway(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Any:
    running = LiveGateway(request.param, Path(tmp_path_factory.mktemp("books")) / "journal")
    yield running
    running.stop()


def published(gateway: LiveGateway) -> Published:
    return msgspec.convert(call("GET", f"{gateway.admin}/admin/currencies").json, Published)


def rules_of(gateway: LiveGateway) -> dict[str, Any]:
    return {row["currency"]: row for row in rule_rows({gateway.brand: published(gateway)})}


def amounts_around(rule: dict[str, Any]) -> list[int]:
    """Amounts at, just inside and just outside of every limit, in minor units."""
    least, step, most = rule["least_minor"], rule["step_minor"], rule["most_minor"]
    odd = least + step + 1
    return sorted(
        {amount for amount in (least - 1, least, least + step, odd, most - step, most, most + 1) if amount > 0}
    )


def is_taken(rule: dict[str, Any], amount_minor: int) -> bool:
    return rule["least_minor"] <= amount_minor <= rule["most_minor"] and amount_minor % rule["step_minor"] == 0


def test_both_tables_of_iso_4217_agree() -> None:
    assert {code: money.exponent_of(code) for code in money.CURRENCIES} == {
        code: exponent_of(code) for code in money.CURRENCIES
    }
    assert set(EXPONENTS) <= set(money.CURRENCIES)
    assert len(money.CURRENCIES) == 165


def test_the_rules_say_where_they_come_from(gateway: LiveGateway) -> None:
    told = published(gateway)
    assert told.source.startswith("docs/" if gateway.brand == "acquirer" else "https://")
    assert told.read_on == "2026-12-01"


@pytest.mark.parametrize("currency", money.CURRENCIES)
def test_the_platform_believes_what_the_gateway_publishes(gateway: LiveGateway, currency: str) -> None:
    presentment = PRESENTMENTS[gateway.brand]
    rule = rules_of(gateway).get(currency)
    if rule is None:
        assert presentment.refusal(currency, 100_000)
        return
    assert presentment.terms[currency].decimals == rule["decimals"]
    for amount_minor in amounts_around(rule):
        assert (presentment.refusal(currency, amount_minor) == "") is is_taken(rule, amount_minor), amount_minor
        assert (presentment.refusal_of_part(currency, amount_minor) == "") is (amount_minor % rule["step_minor"] == 0)


async def test_what_is_taken_is_booked_as_it_was_meant(gateway: LiveGateway) -> None:
    rules, meant = rules_of(gateway), {}
    async with connected(gateway) as connector:
        for currency in money.CURRENCIES:
            for number, amount_minor in enumerate(amounts_around(rules[currency]) if currency in rules else ()):
                if not is_taken(rules[currency], amount_minor):
                    continue
                request = wish(Kind.SALE, f"{currency}{number}", amount_minor, currency)
                reply = await connector.authorize(request)
                assert (reply.knowledge, reply.amount_minor) == (Knowledge.DEFINITE_YES, amount_minor), request
                meant[request.attempt_id] = (amount_minor, currency)
    rows = in_minor_units(gateway.books()["movements"], {gateway.brand: published(gateway)})
    assert {row["attempt_id"]: (row["amount_minor"], row["currency"]) for row in rows} == meant
    assert len(meant) > 3 * len(PRESENTMENTS[gateway.brand].terms)


async def test_what_is_not_taken_is_refused_for_certain_and_the_books_say_why(gateway: LiveGateway) -> None:
    rules = rules_of(gateway)
    known = PRESENTMENTS[gateway.brand].terms
    everything = {code: known.get(code, known["EUR"]) for code in money.CURRENCIES}
    before = len(gateway.books()["movements"])
    async with connected(gateway, presentments={name: Presentment(everything) for name in GATEWAYS}) as connector:
        for currency in money.CURRENCIES:
            amounts = amounts_around(rules[currency]) if currency in rules else [100_000]
            for number, amount_minor in enumerate(amounts):
                if currency in rules and is_taken(rules[currency], amount_minor):
                    continue
                request = wish(Kind.SALE, f"no{currency}{number}", amount_minor, currency)
                reply = await connector.authorize(request)
                assert reply.knowledge is Knowledge.DEFINITE_NO, (currency, amount_minor, reply)
    books = gateway.books()
    assert len(books["movements"]) == before
    refused = [row for row in books["calls"] if row["attempt_id"].startswith("att_no") and row["endpoint"] != "token"]
    assert len(refused) > 100
    assert {row["result"] for row in refused} == {"untaken"}


@pytest.mark.parametrize(
    ("gateway_name", "currency", "amount_minor", "units"),
    [
        ("stripe", "ISK", 500, 50_000),
        ("stripe", "UGX", 500, 50_000),
        ("stripe", "MGA", 50_000, 500),
        ("stripe", "JPY", 500, 500),
        ("stripe", "KWD", 5_120, 5_120),
        ("stripe", "HUF", 21_250, 21_250),
        ("stripe", "TWD", 1_055, 1_055),
        ("paypal", "HUF", 21_200, 212),
        ("paypal", "TWD", 1_000, 10),
        ("paypal", "JPY", 500, 500),
        ("paypal", "EUR", 1_999, 1_999),
    ],
)
def test_units_of_the_odd_ones(gateway_name: str, currency: str, amount_minor: int, units: int) -> None:
    presentment = PRESENTMENTS[gateway_name]
    assert presentment.refusal(currency, amount_minor) == ""
    assert presentment.sent(currency, amount_minor) == units
    assert presentment.heard(currency, units) == amount_minor


@pytest.mark.parametrize(
    ("gateway_name", "currency", "amount_minor"),
    [
        ("stripe", "KWD", 1_005),
        ("stripe", "MGA", 1_050),
        ("stripe", "EUR", 49),
        ("stripe", "USD", 100_000_000),
        ("stripe", "IDR", 1_000_000_000_000),
        ("stripe", "IQD", 100_000),
        ("paypal", "KWD", 1_010),
        ("paypal", "HUF", 1_250),
        ("paypal", "TWD", 1_055),
        ("paypal", "BRL", 1_000),
        ("paypal", "USD", 1_000_000_000),
    ],
)
def test_what_neither_unit_nor_limit_allows_is_refused_with_a_reason(
    gateway_name: str, currency: str, amount_minor: int
) -> None:
    assert PRESENTMENTS[gateway_name].refusal(currency, amount_minor)
