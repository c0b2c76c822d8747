"""What the command line asks of a search, checked: nothing has been started yet. Pure."""

from collections.abc import Callable, Mapping, Sequence

from harness.capacity.cases import Case, healthy
from harness.core.errors import UsageError
from harness.core.fault import Fault

DEFAULTS = "defaults"
REPLICAS = 2
"""How many API replicas the reference platform has."""
OVERHEAD_S = 50.0
AFTERMATH_S = 70.0
LEAST_S = 30.0
"""With less load than this no search comes to an end."""


def cases_of(
    under: Sequence[str],
    matrix: Mapping[str, Case],
    fault_names: Sequence[str],
    make_fault: Callable[[str], Callable[..., Fault]],
) -> list[Case]:
    """Return the healthy case and each that was asked for: of the matrix, or any fault as `NAME` or `NAME:PLACE`.

    Raises `UsageError` for a name that is neither, a place that the fault does not take, or anything asked for twice.
    """
    found = [healthy()]
    for text in under:
        asked = list(matrix.values()) if text == DEFAULTS else [_case(text, matrix, fault_names, make_fault)]
        for case in asked:
            if any(case.name == other.name for other in found):
                raise UsageError(f"--under: {case.name} is asked for twice", hint="leave one of them out")
            found.append(case)
    return found


def _case(
    text: str, matrix: Mapping[str, Case], fault_names: Sequence[str], make_fault: Callable[[str], Callable[..., Fault]]
) -> Case:
    if text in matrix:
        return matrix[text]
    name, colon, place = text.partition(":")
    if name not in fault_names or (colon and not place):
        raise UsageError(
            f"--under: there is no case and no fault {text!r}",
            hint=f"valid: {DEFAULTS}, {', '.join(matrix)}, or a fault as NAME or NAME:PLACE: {', '.join(fault_names)}",
        )
    try:
        fault = make_fault(name)(place) if place else make_fault(name)()
    except TypeError as error:
        told = "needs a place" if not place else "takes no place"
        raise UsageError(
            f"--under: the fault {name} {told}", hint=f"`faultline show {name}` says how it is made"
        ) from error
    return Case(text.replace(":", "-"), f"{name} at {fault.place}", (fault,))


def replica_cases(text: str | None, fewer: Mapping[int, Case]) -> list[Case]:
    """Return the additional cases of `--replicas 1,2`; the full number is the healthy case itself.

    Raises `UsageError` for what is no list of numbers, or a number that the platform cannot have.
    """
    if text is None:
        return []
    valid = sorted({*fewer, REPLICAS})
    parts = [part.strip() for part in text.split(",")]
    if not all(part.isdigit() for part in parts) or len(set(parts)) != len(parts):
        raise UsageError(f"--replicas: {text!r} is no list of different numbers", hint="for example --replicas 1,2")
    if wrong := [part for part in parts if int(part) not in valid]:
        raise UsageError(
            f"--replicas: this platform cannot have {', '.join(wrong)} API replicas",
            hint=f"valid: {', '.join(str(number) for number in valid)}",
        )
    return [fewer[int(part)] for part in parts if int(part) in fewer]


def load_budget_s(budget_s: float, cases: int) -> float:
    """Return for how long each search may make load, in seconds, given the time for all of them.

    Raises `UsageError` where that is too little.
    """
    each_s = (budget_s - AFTERMATH_S) / cases - OVERHEAD_S
    if each_s < LEAST_S:
        least_s = cases * (LEAST_S + OVERHEAD_S) + AFTERMATH_S
        raise UsageError(
            f"--budget: {budget_s:g} s is too short for {cases} search{'es' if cases > 1 else ''}",
            hint=f"at least {least_s:.0f}s; each takes {OVERHEAD_S:.0f} s beside its load",
        )
    return each_s
