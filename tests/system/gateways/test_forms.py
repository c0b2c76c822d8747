import pytest

from system.gateways.common.forms import BadForm, parse_form


@pytest.mark.parametrize(
    ("text", "fields"),
    [
        ("a=1&b=two+words", {"a": "1", "b": "two words"}),
        ("a[b]=1&a[c][d]=2", {"a": {"b": "1", "c": {"d": "2"}}}),
        ("expand[]=x&expand[]=y", {"expand": ["x", "y"]}),
        ("items[0][id]=a&items[1][id]=b", {"items": [{"id": "a"}, {"id": "b"}]}),
        ("metadata%5Bk%5D=%E2%82%AC%26", {"metadata": {"k": "€&"}}),
        ("a=&b", {"a": "", "b": ""}),
        ("", {}),
    ],
)
def test_forms_are_read_as_the_sdk_writes_them(text: str, fields: dict[str, object]) -> None:
    assert parse_form(text) == fields


@pytest.mark.parametrize(
    "text", ["a=1&a[b]=2", "a[b=1", "a[b]x=1", "a" + "[b]" * 9 + "=1", "a=%ff", "&".join(f"a{n}=1" for n in range(501))]
)
def test_a_form_that_cannot_be_understood_is_refused(text: str) -> None:
    with pytest.raises(BadForm):
        parse_form(text)
