"""What `faultline run` was asked for, checked before anything is started."""

import secrets
import shlex
import shutil
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from harness import catalogue
from harness.cli.expressible import choose
from harness.cli.shaping import Shape, check_seed, check_workers
from harness.core.errors import UsageError
from harness.core.pairs import pairs
from harness.core.scenario import Scenario
from harness.joining import Gathering
from harness.run.alert_watch import time_scale
from harness.targets.environment import checked_settings
from harness.targets.registry import DEFAULT, TargetKind
from harness.targets.sources import is_mutant, require_mutant
from harness.workspace import Workspace, check_writable

ROOM_BYTES = 64 * 2**20
"""A run of a minute leaves a few MiB; several scenarios and their logs fit into this."""


@dataclass(frozen=True)
class Request:
    """What the command line asked for, checked: nothing has been started yet."""

    scenarios: Sequence[tuple[str, Scenario]]
    seed: int
    bug: str | None
    out: Path
    target: TargetKind
    load_workers: int
    repeat_options: str
    left_out: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    not_run: Mapping[str, str] = field(default_factory=dict)
    control: bool = False
    web_port: int | None = None
    quiet: bool = False
    gathering: Gathering | None = None


def checked(
    names: Sequence[str],
    everything: bool,
    seed: int | None,
    shape: Shape,
    bug: str | None,
    settings: Sequence[str],
    out: Path,
    target: TargetKind,
    workers: int,
    adapter: Path | None = None,
) -> Request:
    """Return the request; nothing is started. Raises `UsageError` for what makes no sense."""
    check_workers(workers)
    check_seed(seed)
    time_scale()
    if everything == bool(names):
        raise UsageError(
            "give scenario names or --all, not both and not neither",
            hint=f"valid: {', '.join(catalogue.scenario_names())}",
        )
    planted = _planted(bug, target) if bug else None
    changed = parse_settings(settings)
    shaped = shape.checked()
    chosen = [
        (name, shaped(catalogue.scenario(name)).with_platform(changed)) for name in names or catalogue.scenario_names()
    ]
    for _, scenario in chosen:
        checked_settings(scenario.platform)
    options = "".join(
        f" --{option} {value}"
        for option, value, default in (
            ("rate", shape.rate, None),
            ("duration", shape.duration, None),
            ("arrivals", shlex.quote(shape.arrivals) if shape.arrivals else None, None),
            ("bug", planted, None),
            ("workers", workers, 1),
            ("target", target.name, DEFAULT),
            ("adapter", shlex.quote(str(adapter)) if adapter else None, None),
        )
        if value != default
    ) + "".join(f" --setting {name}={value}" for name, value in changed.items())
    _writable(out)
    seed = secrets.randbelow(100_000) if seed is None else seed
    choice = choose(chosen, target, named=not everything)
    if planted and not target.own:
        raise UsageError(f"the target {target.name} has no planted bug {planted}", hint=f"--target {DEFAULT}")
    return Request(choice.scenarios, seed, planted, out, target, workers, options, choice.left_out, choice.not_run)


def _planted(bug: str, target: TargetKind) -> str:
    """Return the id of a planted bug, or of a mutant whose copy of the platform is in the workspace."""
    if not is_mutant(bug):
        return catalogue.planted_bug(bug).id
    if target.name != DEFAULT:
        raise UsageError(f"the target {target.name} runs no mutants", hint=f"--target {DEFAULT}")
    return require_mutant(Workspace.locate(), bug)


def parse_settings(options: Sequence[str]) -> dict[str, str]:
    """Return the `NAME=VALUE` options as settings. Raises `UsageError` for one of another form, or given twice."""
    return pairs(options, option="--setting", example="database_synchronous_commit=off", fold=True)


def _writable(out: Path) -> None:
    check_writable(out)
    free = shutil.disk_usage(out).free
    if free < ROOM_BYTES:
        raise UsageError(
            f"--out: {out} has {free // 2**20} MiB left, a run needs {ROOM_BYTES // 2**20}",
            hint="free some space or give another folder with --out",
        )
