"""A body that two readers could understand in two ways is understood in none."""

import pytest

from system.json_body import InvalidJson, decode


@pytest.mark.parametrize(
    "body",
    [
        b'{"amount_minor": 100, "amount_minor": 9900}',
        b'{"amount_minor": 100, "amount_minor": 100}',
        b'{"a": {"b": 1, "b": 2}}',
        b'{"a": [{"b": 1}, {"b": 1, "b": 1}]}',
        b'{"amount": "1.00", "\\u0061mount": "2.00"}',
    ],
)
def test_a_member_twice_is_refused_however_deep_and_however_it_is_spelt(body: bytes) -> None:
    with pytest.raises(InvalidJson, match="twice"):
        decode(body)


@pytest.mark.parametrize("body", [b"", b"{", b"\xff", b'{"a": NaN}', b"[" * 30000, b'{"a": ' + b"9" * 5000 + b"}"])
def test_what_is_no_json_is_refused(body: bytes) -> None:
    with pytest.raises(InvalidJson, match="not valid JSON"):
        decode(body)


def test_everything_else_is_what_it_says() -> None:
    assert decode(b'{"a": {"b": 1}, "b": [1, {"b": 2}], "c": "\xc3\xa4"}') == {
        "a": {"b": 1},
        "b": [1, {"b": 2}],
        "c": "ä",
    }
    assert decode(b"7") == 7
