"""Whatever is sent, the answer is a typed 4xx in the one error shape, and nothing is written."""

import json
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from system.api import parse
from system.core.failures import Refused
from system.money import parse_amount
from tests.system.conftest import TestDatabase
from tests.system.core.fakes import Shop

GOOD = {"amount_minor": 100, "currency": "EUR", "payment_method": "pm_card_visa", "merchant_reference": "r"}


def changed(**fields: Any) -> bytes:
    return json.dumps({name: value for name, value in {**GOOD, **fields}.items() if value != "absent"}).encode()


BODIES: list[tuple[bytes, int]] = [
    (b"", 400),
    (b"{", 400),
    (b"[]", 400),
    (b"null", 400),
    (b'"x"', 400),
    (b'{"amount_minor": NaN}', 400),
    (b'{"amount_minor": ' + b"9" * 5000 + b"}", 400),
    (json.dumps(GOOD).encode()[:-1] + b', "amount_minor": 100000}', 400),
    (json.dumps(GOOD).encode()[:-1] + b', "amount_minor": 100}', 400),
    (json.dumps(GOOD).encode()[:-1] + b', "\\u0061mount_minor": 7}', 400),
    (b'{"amount_minor": 1e400}', 400),
    (b"\xff\xfe{}", 400),
    (b'{"merchant_reference": "\xff"}', 400),
    (b"[" * 30000, 400),
    (changed(amount_minor="100"), 400),
    (changed(amount_minor=1.5), 400),
    (changed(amount_minor=True), 400),
    (changed(amount_minor=None), 400),
    (changed(amount_minor=0), 400),
    (changed(amount_minor=-5), 400),
    (changed(amount_minor=10**30), 400),
    (changed(amount_minor=2**63), 400),
    (changed(amount_minor="absent"), 400),
    (changed(amount="1.00"), 400),
    (changed(amount_minor="absent", amount=1.0), 400),
    (changed(amount_minor="absent", amount="1.001"), 400),
    (changed(amount_minor="absent", amount="1e3"), 400),
    (changed(amount_minor="absent", amount="١٢"), 400),
    (changed(amount_minor="absent", amount=" 1"), 400),
    (changed(amount_minor="absent", amount="1.00", currency="JPY"), 400),
    (changed(currency="eur"), 400),
    (changed(currency="XXX"), 400),
    (changed(currency=978), 400),
    (changed(currency="absent"), 400),
    (changed(payment_method="4242424242424242"), 400),
    (changed(payment_method=["pm"]), 400),
    (changed(payment_method="absent"), 400),
    (changed(merchant_reference="4242 4242 4242 4242"), 400),
    (changed(merchant_reference="x" * 65), 400),
    (changed(merchant_reference=""), 400),
    (changed(merchant_reference="a\u0000b"), 400),
    (changed(merchant_reference=7), 400),
    (b'{"merchant_reference": "\\ud800"}', 400),
    (changed(capture="later"), 400),
    (changed(capture=["automatic"]), 400),
    (changed(description={"a": 1}), 400),
    (changed(surprise=1), 400),
    (b'{"x": "' + b"y" * 70000 + b'"}', 413),
]


@pytest.mark.real
async def test_malformed_bodies_get_a_typed_4xx_and_write_nothing(shop: Shop, database: TestDatabase) -> None:
    for number, (body, expected) in enumerate(BODIES):
        status, answer, raw, _ = await shop.request("POST", "/v1/payments", key=f"k{number}", data=body)
        assert status == expected, (body[:80], raw)
        error = answer["error"]
        assert error["type"] == "invalid_request_error"
        assert error["definite"] is True
        assert error.keys() == {"type", "code", "message", "param", "definite", "correlation_id"}
        assert b"4242424242424242" not in raw
    with database.connect() as connection:
        assert connection.execute("SELECT count(*) FROM books.idempotency_keys").fetchone() == (0,)
    assert not shop.gateways["stripe"].calls


@pytest.mark.real
async def test_other_malformed_requests_have_the_same_shape(shop: Shop) -> None:
    good = json.dumps(GOOD).encode()
    for method, path, headers, expected in (
        ("POST", "/v1/payments", {"Content-Type": "text/plain"}, 415),
        ("POST", "/v1/payments", {"Content-Type": "application/json; charset=latin-1"}, 415),
        ("POST", "/v1/payments", {"Authorization": "Bearer nobody"}, 401),
        ("POST", "/v1/payments", {"Authorization": "Basic x"}, 401),
        ("POST", "/v1/payments", {"Idempotency-Key": "ä"}, 400),
        ("POST", "/v1/payments/nonsense/refunds", {}, 404),
        ("POST", "/v1/payments/%00/refunds", {}, 404),
        ("GET", "/v1/payments/%00", {}, 404),
        ("GET", "/v1/payments/..%2f..", {}, 404),
        ("GET", "/v1/refunds/re_nothere", {}, 404),
        ("GET", "/v1/payments?limit=0", {}, 400),
        ("GET", "/v1/payments?limit=9999", {}, 400),
        ("GET", "/v1/payments?limit=%C2%B2", {}, 400),
        ("GET", "/v1/payments?starting_after='", {}, 400),
        ("GET", "/v1/payments?merchant_reference=%00", {}, 400),
        ("GET", "/v1/payments?colour=red", {}, 400),
        ("GET", "/v1/nothing", {}, 404),
        ("DELETE", "/v1/payments", {}, 405),
    ):
        data = good if method == "POST" else None
        if "refunds" in path and method == "POST":
            data = b'{"amount_minor": 1, "merchant_reference": "r"}'
        status, answer, raw, _ = await shop.request(method, path, key="k", data=data, headers=headers)
        assert status == expected, (method, path, raw)
        assert answer["error"]["correlation_id"]


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=70),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=20), inner, max_size=3),
    max_leaves=6,
)


def refusal_of(read: Callable[[], object]) -> int | None:
    """The status with which ``read`` refuses; None when it accepts."""
    try:
        read()
    except Refused as refused:
        return refused.status_code
    return None


@settings(max_examples=300, deadline=None)
@given(body=st.binary(max_size=200) | json_values.map(lambda value: json.dumps(value).encode()))
def test_any_bytes_are_an_object_or_refused(body: bytes) -> None:
    headers = {"content-type": "application/json"}
    assert refusal_of(lambda: parse.json_object(headers, body, frozenset({"a"}))) in (None, 400)


@settings(max_examples=300, deadline=None)
@given(value=json_values, name=st.sampled_from(["amount", "amount_minor", "merchant_reference", "currency"]))
def test_any_value_of_a_field_is_valid_or_refused(value: object, name: str) -> None:
    body: dict[str, Any] = {name: value}
    assert refusal_of(lambda: parse.amount(body, 2, parse_amount)) in (None, 400)
    assert refusal_of(lambda: parse.currency(body)) in (None, 400)
    assert refusal_of(lambda: parse.reference(body)) in (None, 400)


def test_long_numbers_in_references_are_not_taken_for_cards() -> None:
    assert refusal_of(lambda: parse.reference({"merchant_reference": "order-1795257497.6-3-12"})) is None
    assert refusal_of(lambda: parse.reference({"merchant_reference": "o1795257497123456"})) is None
    assert refusal_of(lambda: parse.reference({"merchant_reference": "card 4242-4242-4242-4242"})) == 400
