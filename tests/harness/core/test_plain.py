"""Typed values as JSON."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field

import msgspec
import pytest

from harness.core.plain import json_text


@dataclass(frozen=True)
class Part:
    """A dataclass with defaults of both kinds."""

    name: str
    size: int = 3
    told: Mapping[str, int] = field(default_factory=dict)
    why: str = ""


class Whole(msgspec.Struct, rename={"first_part": "first part"}):
    """A struct with a member whose name is written in another way."""

    first_part: Part
    more: tuple[Part, ...] = ()


def test_structs_and_dataclasses_are_written_by_their_names_in_their_order() -> None:
    assert json_text(Whole(Part("a"))) == (
        '{"first part": {"name": "a", "size": 3, "told": {}, "why": ""}, "more": []}'
    )


def test_a_dataclass_that_was_read_keeps_its_defaults_when_it_is_written_again() -> None:
    whole = msgspec.json.decode('{"first part": {"name": "a"}, "more": [{"name": "b"}]}', type=Whole)
    assert json_text(whole) == json_text(Whole(Part("a"), (Part("b"),)))
    assert json.loads(json_text(whole))["more"][0]["size"] == 3


def test_what_has_no_names_is_refused() -> None:
    with pytest.raises(TypeError, match="set"):
        json_text({1})
