"""What a system that is not ours can be asked: checked before anything starts."""

import importlib
import os
from dataclasses import replace
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Annotated

import typer

from harness.core.errors import UsageError
from harness.core.scenario import Scenario
from harness.targets.registry import DEFAULT, REMOTE, TargetKind
from harness.targets.remote.loading import VARIABLE

AdapterOption = Annotated[
    Path | None,
    typer.Option(help=f"How to speak to the system of --target remote: a Python file (or {VARIABLE})."),
]


def chosen_adapter(target: str | None, given: Path | None) -> Path | None:
    """Return the adapter file to use; `UsageError` for one that was given to a target that has no use for it."""
    if given is not None and target != REMOTE:
        raise UsageError(
            f"--adapter: the target {target or DEFAULT} needs none", hint="--target remote --adapter FILE.py"
        )
    named = os.environ.get(VARIABLE)
    return given or (Path(named) if named and target == REMOTE else None)


def check_foreign(name: str, scenario: Scenario, target: TargetKind) -> None:
    """Refuse a scenario that breaks links that the system has not, or does what only ours can do."""
    for fault in (item.fault for item in scenario.faults):
        if not any(fnmatchcase(link, fault.place) for link in target.links):
            raise UsageError(
                f"{name}: the fault {fault.name} breaks the link {fault.place}, which the adapter does not name",
                hint=f"links of the adapter: {', '.join(target.links)}; name the proxy that plays this part in `links`",
            )
    ours = [f"the setting {next(iter(scenario.platform))}"] if scenario.platform else []
    ours += [f"the operator's {scenario.operator[0].action.name}"] if scenario.operator else []
    if ours:
        raise UsageError(f"{name}: the target {target.name} does not have {ours[0]}", hint=f"--target {DEFAULT}")


def fitted(name: str, scenario: Scenario, target: TargetKind) -> tuple[Scenario, tuple[str, ...]]:
    """Return a scenario with that part of its load that the target can be asked for, and the flows left out.

    Raises `UsageError` where nothing of the load is left.
    """
    mix = importlib.import_module("loadtests.mapping").sendable(
        scenario.load.mix, merchants=target.merchants, declines=target.declines
    )
    if not sum(mix.values()):
        raise UsageError(
            f"{name}: none of its flows can be asked of a system that is not ours",
            hint=f"its flows: {', '.join(scenario.load.mix)}",
        )
    load = scenario.load
    if load.recorded is not None:
        fitting = load.replaying(load.recorded.only(name for name, weight in mix.items() if weight))
    else:
        fitting = replace(load, mix=mix)
    return replace(scenario, load=fitting), tuple(sorted(set(scenario.load.mix) - set(mix)))
