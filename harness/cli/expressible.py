"""What a target can be asked to do: known before anything starts."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from harness.cli.foreign import check_foreign, fitted
from harness.core.container_controls import NEED as CONTAINERS
from harness.core.errors import UsageError
from harness.core.fault import Fault, needs_of
from harness.core.scenario import Scenario
from harness.targets.environment import checked_settings
from harness.targets.registry import KINDS, TargetKind

Named = tuple[str, Scenario]


@dataclass(frozen=True)
class Choice:
    """What of the scenarios asked for will run.

    `left_out` has the flows of a scenario's load that the target has no words for, `not_run` why a scenario cannot run.
    """

    scenarios: Sequence[Named]
    left_out: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    not_run: Mapping[str, str] = field(default_factory=dict)


def choose(asked: Sequence[Named], target: TargetKind, *, named: bool) -> Choice:
    """Return what will run on a target.

    Raises `UsageError` for a scenario that was asked for by its name and cannot run there, and where none of all can.
    """
    scenarios: list[Named] = []
    left_out: dict[str, tuple[str, ...]] = {}
    refused: dict[str, UsageError] = {}
    for name, scenario in asked:
        try:
            require_expressible(name, scenario, target)
            fitting, missing = (scenario, ()) if target.own else fitted(name, scenario, target)
        except UsageError as error:
            if named:
                raise
            refused[name] = error
            continue
        scenarios.append((name, fitting))
        if missing:
            left_out[name] = missing
    if not scenarios:
        raise next(iter(refused.values()))
    return Choice(scenarios, left_out, {name: str(error).removeprefix(f"{name}: ") for name, error in refused.items()})


def require_expressible(name: str, scenario: Scenario, target: TargetKind) -> None:
    """Raise `UsageError` where a target cannot do what a scenario asks, and name a target that can."""
    for item in scenario.faults:
        require_fault(name, item.fault, target)
    if not target.own:
        check_foreign(name, scenario, target)
    try:
        target.require(checked_settings(scenario.platform))
    except UsageError as error:
        raise UsageError(f"{name}: {error}", hint=error.hint) from error


def require_fault(name: str, fault: Fault, target: TargetKind) -> None:
    """Raise `UsageError` where a target does not have what a fault needs; `name` says who asks for it."""
    if lacking := sorted(needs_of(fault) - target.offers):
        able = [kind.name for kind in KINDS.values() if needs_of(fault) <= kind.offers]
        raise UsageError(
            f"{name}: the fault {fault.name} needs {', '.join(lacking)}, which the target {target.name} does not have",
            hint=f"--target {able[0]}" if able else "no target has it yet",
        )
    if CONTAINERS in needs_of(fault) and fault.place not in target.containers:
        raise UsageError(
            f"{name}: the fault {fault.name}: there is no container {fault.place!r}",
            hint=f"valid: {', '.join(target.containers)}",
        )
