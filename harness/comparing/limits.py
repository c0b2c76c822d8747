"""`--fail-if p99>+10%`: a change that a build must not make."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from harness.comparing.comparison import Comparison
from harness.comparing.figures import Figure, named
from harness.core.errors import UsageError

_FORM = re.compile(r"([a-z0-9]+(?::[^<>]+)?)\s*([<>])\s*([+-]\d+(?:\.\d+)?)\s*(%|s)")
EXAMPLES = "p99>+10%, availability<-1%, good<-5%, recovery>+2s, capacity<-10%"


@dataclass(frozen=True)
class Limit:
    """A change of a figure beyond `bound` (in the figure's own measure), upwards where `above`, else downwards."""

    text: str
    figure: Figure
    above: bool
    bound: float


@dataclass(frozen=True)
class Broken:
    """What became of a limit: True where the whole interval lies beyond it, None where nobody knows; and the reason."""

    limit: Limit
    broken: bool | None
    reason: str


def parse_limit(text: str, option: str = "--fail-if") -> Limit:
    """Return the limit that a text states. Raises `UsageError` with examples where it states none."""
    found = _FORM.fullmatch(text.strip())
    if found is None:
        raise UsageError(f"{option}: {text!r} is not a figure, < or >, a sign and a change", hint=f"such as {EXAMPLES}")
    name, sign, number, unit = found.groups()
    try:
        figure = named(name)
    except UsageError as error:
        raise UsageError(f"{option}: {error}", hint=error.hint) from error
    wanted = "s" if figure.unit == "s" else "%"
    if unit != wanted:
        raise UsageError(f"{option}: {text!r}: a change of {name} is counted in {wanted}", hint=f"such as {EXAMPLES}")
    return Limit(text.strip(), figure, sign == ">", float(number) / (100 if unit == "%" else 1))


def parse_least(texts: Sequence[str]) -> dict[str, float]:
    """Return least effects by figure from `p99=5%` and the like. Raises `UsageError` where one is none."""
    least: dict[str, float] = {}
    for text in texts:
        name, equals, value = text.partition("=")
        if not equals or not value or value.strip()[:1] in "+-":
            raise UsageError(f"--least: {text!r} is not FIGURE=CHANGE", hint="such as --least p99=5%")
        least[name.strip()] = parse_limit(f"{name.strip()}>+{value.strip()}", "--least").bound
    return least


def check(comparison: Comparison, limits: Sequence[Limit]) -> tuple[Broken, ...]:
    """Hold the limits against a comparison."""
    return tuple(_check(comparison, limit) for limit in limits)


def _check(comparison: Comparison, limit: Limit) -> Broken:
    found = [item for item in comparison.differences if item.figure.name == limit.figure.name]
    if not found:
        return Broken(limit, None, "neither side has it")
    if found[0].change is None:
        return Broken(limit, None, found[0].reason)
    change = found[0].change
    broken = change.lo > limit.bound if limit.above else change.hi < limit.bound
    return Broken(limit, broken, "the whole interval lies beyond" if broken else "the interval does not lie beyond")
