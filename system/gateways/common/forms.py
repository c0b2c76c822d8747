"""Form bodies and queries as stripe's SDK writes them: ``a=1&b[c]=2&d[]=3&e[0][f]=4``."""

import re
from functools import lru_cache
from urllib.parse import unquote

from system.gateways.common.rows import Row
from system.json_body import Json

_STEPS = re.compile(r"\[([^\[\]]*)\]")
FIELDS_MAX = 500
DEPTH_MAX = 6


class BadForm(Exception):
    """The body is not a form that can be understood."""


def parse_form(text: str) -> Row:
    """Return the nested fields; lists where keys are ``[]`` or numbers. Raises `BadForm`."""
    pairs = [pair for pair in text.split("&") if pair]
    if len(pairs) > FIELDS_MAX:
        raise BadForm(f"more than {FIELDS_MAX} parameters")
    fields: Row = {}
    for pair in pairs:
        name, _, value = pair.partition("=")
        steps = _steps(name)
        if len(steps) == 1:
            fields[steps[0]] = _plain(value)
        else:
            _place(fields, steps, _plain(value))
    return {name: _listed(value) if isinstance(value, dict) else value for name, value in fields.items()}


def _plain(text: str) -> str:
    """Undo the url encoding. Raises `BadForm`."""
    if "+" in text:
        text = text.replace("+", " ")
    if "%" not in text:
        return text
    try:
        return unquote(text, errors="strict")
    except UnicodeDecodeError as error:
        raise BadForm("a parameter is not UTF-8") from error


# Callers send the same few dozen names all day.
@lru_cache(maxsize=1024)
def _steps(encoded: str) -> tuple[str, ...]:
    name = _plain(encoded)
    opening = name.find("[")
    if opening < 0:
        return (name,)
    steps = _STEPS.findall(name, opening)
    if len(steps) > DEPTH_MAX or sum(map(len, steps)) + 2 * len(steps) != len(name) - opening:
        raise BadForm(f"invalid parameter name: {name[:80]}")
    return (name[:opening], *steps)


def _place(fields: Row, steps: tuple[str, ...], value: str) -> None:
    here = fields
    for step in steps[:-1]:
        below = here.setdefault(step, {})
        if not isinstance(below, dict):
            raise BadForm(f"parameter {steps[0]} is given both as a value and as an object")
        here = below
    last = steps[-1] or str(len(here))
    here[last] = value


def _listed(value: Row) -> Json:
    """Turn ``{"0": a, "1": b}`` into a list, at every depth."""
    inner = {name: _listed(below) if isinstance(below, dict) else below for name, below in value.items()}
    if inner and all(name.isdigit() for name in inner):
        return list(inner.values())
    return inner
