"""From what somebody wrote to a fault: its name, where, its parameters. Everything is refused with what is valid."""

import inspect
import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal, get_args, get_origin

from harness import catalogue
from harness.core.errors import UsageError
from harness.core.fault import Fault
from harness.core.pairs import pairs
from harness.core.units import parse_duration

MAX_FOR_S = 600.0
"""Nothing stays broken for longer than this, in seconds, unless somebody renews it."""
MIN_FOR_S = 1.0
PLACES = ("link", "gateway", "replica", "process", "container", "merchants")
"""What factories call the parameter that says where; the first that a factory has is meant by `--on`."""
_SIGNED = frozenset({"offset_s", "by_minor"})
_WORDS = {"true": True, "yes": True, "false": False, "no": False}

Value = float | int | str | bool


@dataclass(frozen=True)
class Asked:
    """What somebody asked for: a fault of the catalogue, where ('' for its own place), its parameters as written."""

    fault: str
    on: str = ""
    parameters: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Parameter:
    """One parameter of a fault: what it is called, what it is by default (None: it must be given), its choices."""

    name: str
    default: Value | None
    choices: tuple[str, ...] = ()


def parameters_of(name: str) -> Sequence[Parameter]:
    """Return a fault's parameters in their order. Raises `UsageError` naming the nearest fault for an unknown name."""
    return [
        Parameter(
            item.name,
            None if item.default is item.empty else item.default,
            tuple(map(str, get_args(item.annotation))) if get_origin(item.annotation) is Literal else (),
        )
        for item in _signature(name).values()
    ]


def place_parameters(name: str) -> Sequence[str]:
    """Return which of a fault's parameters say where; none for one that knows its place itself."""
    return [item for item in PLACES if item in _signature(name)]


def made(asked: Asked) -> Fault:
    """Return the fault that was asked for. Raises `UsageError` for what the catalogue or the fault does not take."""
    values = values_of(asked)
    try:
        fault: Fault = catalogue.fault_factory(asked.fault)(**values)
    except UsageError as error:
        raise UsageError(f"the fault {asked.fault}: {error}", hint=error.hint or _valid(asked.fault)) from error
    except (ValueError, KeyError) as error:
        raise UsageError(f"the fault {asked.fault}: {error}", hint=_valid(asked.fault)) from error
    return fault


def values_of(asked: Asked) -> Mapping[str, Value]:
    """Return what a fault's factory is called with. Raises `UsageError` for what it does not take."""
    signature = _signature(asked.fault)
    values: dict[str, Value] = {}
    if asked.on:
        values[_place(asked, list(signature))] = asked.on
    for name, text in asked.parameters.items():
        if name not in signature:
            raise UsageError(f"the fault {asked.fault} has no parameter {name!r}", hint=_valid(asked.fault))
        if name in values:
            raise UsageError(f"the fault {asked.fault}: {name} is given twice", hint="leave --on or the parameter out")
        values[name] = _value(asked.fault, signature[name], text)
    for name, item in signature.items():
        if item.default is item.empty and name not in values:
            option = "--on PLACE" if name in PLACES else f"--with {name}=VALUE"
            raise UsageError(f"the fault {asked.fault} needs {name}", hint=f"{option}; {_valid(asked.fault)}")
    return values


def parse_parameters(options: Sequence[str]) -> dict[str, str]:
    """Return the `NAME=VALUE` options by their names. Raises `UsageError` for one of another form, or given twice."""
    return pairs(options, option="--with", example="latency_ms=800")


def parse_for(text: str, *, field: str = "--for") -> float:
    """Return for how long something is to be broken, in seconds. `UsageError` where that is too short or too long."""
    for_s = parse_duration(text, field=field)
    if not MIN_FOR_S <= for_s <= MAX_FOR_S:
        raise UsageError(
            f"{field}: {text} is not between {MIN_FOR_S:g} s and {MAX_FOR_S / 60:g} minutes",
            hint="what must stay broken for longer is renewed while it is on",
        )
    return for_s


def _signature(name: str) -> Mapping[str, inspect.Parameter]:
    factory: Callable[..., Any] = catalogue.fault_factory(name)
    return inspect.signature(factory, eval_str=True).parameters


def _place(asked: Asked, names: Sequence[str]) -> str:
    """Return which parameter `--on` means: the link for what is written like one, else where the fault says it is."""
    places = [item for item in PLACES if item in names]
    if not places:
        raise UsageError(
            f"the fault {asked.fault} takes no place: it knows itself what it breaks", hint="leave --on out"
        )
    if "-to-" in asked.on:
        if "link" not in places:
            raise UsageError(
                f"the fault {asked.fault} is on a {places[0]}, not on a link: {asked.on!r}", hint=_valid(asked.fault)
            )
        return "link"
    return next((item for item in places if item != "link"), "link")


def _value(fault: str, item: inspect.Parameter, text: str) -> Value:
    kind = item.annotation
    told = f"the fault {fault}: {item.name}={text}"
    if get_origin(kind) is Literal:
        if text not in get_args(kind):
            raise UsageError(f"{told} is not one of its choices", hint=f"valid: {', '.join(get_args(kind))}")
        return text
    if kind is bool:
        if text.lower() not in _WORDS:
            raise UsageError(f"{told} is neither true nor false", hint="valid: true, false")
        return _WORDS[text.lower()]
    return text if kind is str else _number(told, item.name, kind, text)


def _number(told: str, name: str, kind: type, text: str) -> Value:
    try:
        number: float = int(text) if kind is int else float(text)
    except ValueError:
        whole = "a whole number" if kind is int else "a number"
        raise UsageError(f"{told} is not {whole}", hint=f"for example {name}=1") from None
    if not math.isfinite(number) or (number < 0 and name not in _SIGNED):
        raise UsageError(f"{told} is not a number of at least 0", hint=f"for example {name}=1")
    return number


def _valid(name: str) -> str:
    told = [f"{item.name} ({'|'.join(item.choices)})" if item.choices else item.name for item in parameters_of(name)]
    return f"its parameters: {', '.join(told) or 'none'}; `faultline show {name}`"
