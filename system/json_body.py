"""Reading JSON that comes in from outside: a member that is there twice makes the whole body invalid.

RFC 8259 (section 4, December 2017) leaves open which of the two counts, so two readers of one body may understand two
amounts. RFC 7493 (I-JSON, section 2.3, March 2015) forbids it, and so does everything here that takes a body.
"""

import json
from collections.abc import Mapping, Sequence
from typing import TypeAlias

import msgspec

Json: TypeAlias = "bool | int | float | str | list[Json] | dict[str, Json] | None"
"""Whatever a body may say."""
JsonObject: TypeAlias = dict[str, Json]
Plain: TypeAlias = "bool | int | float | str | Sequence[Plain] | Mapping[str, Plain] | None"
"""Whatever may be written as JSON."""
PlainObject: TypeAlias = Mapping[str, Plain]


class InvalidJson(ValueError):
    """The body is not JSON, or one of its objects has a member twice. The message echoes nothing of it."""


def decode(body: bytes) -> Json:
    """Return what the body says. Raises `InvalidJson`."""
    try:
        value: Json = msgspec.json.decode(body)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        raise InvalidJson("The body is not valid JSON.") from None
    if isinstance(value, dict | list):
        # msgspec keeps the last of equal names and says nothing; the standard library shows every pair.
        try:
            json.loads(body.decode(), object_pairs_hook=_once)
        except InvalidJson:
            raise
        except (ValueError, RecursionError):  # a number of thousands of digits, or nothing but brackets
            raise InvalidJson("The body is not valid JSON.") from None
    return value


def object_of(value: Json) -> JsonObject:
    """Return a value that is an object; an empty one where it is anything else."""
    return value if isinstance(value, dict) else {}


def objects_of(value: Json) -> list[JsonObject] | None:
    """Return the objects of a list; None where it is no list."""
    return [item for item in value if isinstance(item, dict)] if isinstance(value, list) else None


def _once(pairs: list[tuple[str, Json]]) -> None:
    if len({name for name, _ in pairs}) != len(pairs):
        raise InvalidJson("The body has a member twice.")
