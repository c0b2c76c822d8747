"""JSON: the one name for what is passed on as it came, and how a typed value is written down.

Whatever has a shape is a `msgspec.Struct` or a dataclass and is read with `msgspec.convert`; `Json` is for the few
places that hand something on without looking into it. msgspec cannot read into a name that has itself in it: what is
`Json` is decoded without a type, and no struct that is read has a field of it.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, fields, is_dataclass
from typing import TYPE_CHECKING, TypeAlias

import msgspec

if TYPE_CHECKING:
    from _typeshed import DataclassInstance

Json: TypeAlias = "bool | int | float | str | list[Json] | dict[str, Json] | None"
JsonObject: TypeAlias = dict[str, Json]
Plain: TypeAlias = "bool | int | float | str | Sequence[Plain] | Mapping[str, Plain] | None"
"""Whatever may be written as JSON."""
Cell: TypeAlias = bool | int | float | str | None
Row: TypeAlias = Mapping[str, Cell]
"""A row of a table by its columns: what a database or a gateway's ledger says, on its way into Parquet."""


def fields_of(value: "DataclassInstance") -> JsonObject:
    """Return a dataclass's fields, and those of dataclasses in it, as JSON has them, in their order."""
    return asdict(value)


def json_text(value: object, indent: int | None = None, *, allow_nan: bool = True) -> str:
    """Return a value as JSON, structs and dataclasses in it by their fields, in their order."""
    return json.dumps(value, indent=indent, allow_nan=allow_nan, default=by_name)


def by_name(value: object) -> dict[str, object]:
    """Return a struct's or a dataclass's fields by the names that they are written under, or a mapping as it is.

    `json.dumps` asks this of whatever it does not know.
    """
    # msgspec's own way drops the defaults of a dataclass that it has read itself.
    if isinstance(value, msgspec.Struct):
        names = zip(value.__struct_encode_fields__, value.__struct_fields__, strict=True)
        return {written: getattr(value, name) for written, name in names}
    if is_dataclass(value) and not isinstance(value, type):
        return {field.name: getattr(value, field.name) for field in fields(value)}
    if isinstance(value, Mapping):
        return dict(value)
    raise TypeError(f"{type(value).__name__} is not to be written as JSON")
