"""What a run is going to do, as a value: pure from the scenario and the seed, written down before anything starts."""

import json
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from harness.core.errors import UsageError
from harness.core.fault import ScheduledFault
from harness.core.plain import Plain
from harness.core.scenario import Scenario
from harness.core.target import Target
from harness.joining import Gathering
from harness.workspace import write_atomic

SCHEMA_VERSION = 1


@dataclass(frozen=True)
class RunPlan:
    """One run to be.

    `folder` is the run's own folder; `load_workers` how many Locust processes share the load; `web_port`, where given,
    is where Locust's own web page shows the load while it runs; `gathering`, where given, is where these workers join
    from other hosts. `not_given` names the evidence that the target does not give, `left_out` the flows that cannot be
    asked of it. `control` is the folder of the same plan without faults, where it was run before this one.
    """

    scenario_name: str
    story: str
    scenario: Scenario
    seed: int
    bug: str | None
    target: str
    folder: Path
    load_workers: int
    repeat: str
    web_port: int | None = None
    gathering: Gathering | None = None
    not_given: tuple[str, ...] = ()
    left_out: tuple[str, ...] = ()
    control: Path | None = None

    def having_broken(self, faults: Sequence[ScheduledFault], lasted_s: float) -> "RunPlan":
        """Return the plan as it was carried out where somebody broke things by hand: with what was broken, and when."""
        load = replace(self.scenario.load, duration_s=max([lasted_s, *(item.window.to_s for item in faults)]))
        return replace(self, scenario=replace(self.scenario, load=load, faults=tuple(faults)))

    @property
    def run_id(self) -> str:
        """The run's folder name."""
        return self.folder.name

    def document(
        self, t0_us: int, settings: Mapping[str, Mapping[str, str]], topology: Mapping[str, Mapping[str, str]]
    ) -> dict[str, Plain]:
        """Return `plan.json`'s content; `topology` is what `made_of` tells of the target."""
        load = self.scenario.load
        demanded: list[str] = sorted({invariant.id for invariant in self.scenario.must_hold}, key=_number)
        return {
            "schema_version": SCHEMA_VERSION,
            "run_id": self.run_id,
            "scenario": self.scenario_name,
            "title": self.scenario.title,
            "claim": self.scenario.claim,
            "story": self.story,
            "seed": self.seed,
            "bug": self.bug,
            "target": self.target,
            "control": self.control.name if self.control else None,
            "not_given": list(self.not_given),
            "t0_us": t0_us,
            "load": {
                "rate_per_s": load.rate_per_s,
                "duration_s": load.duration_s,
                "mix": dict(load.mix),
                "left_out": list(self.left_out),
                "workers": self.load_workers,
                "joined": self.gathering is not None,
                "minimum_ok": load.minimum_ok,
                "settings": dict(load.settings),
                "arrivals": load.recorded.document() if load.recorded else None,
            },
            "faults": planned_faults(self.scenario.faults),
            "operator": [{"action": item.action.name, "when": item.when} for item in self.scenario.operator],
            "must_hold": demanded,
            "overrides": dict(self.scenario.platform),
            "should_meet": [objective.name for objective in self.scenario.should_meet],
            "settings": {group: dict(values) for group, values in settings.items()},
            **{part: dict(values) for part, values in topology.items()},
            "repeat": self.repeat,
            "started_at": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(t0_us / 1e6)),
        }


def _number(invariant: str) -> int:
    return int(invariant[1:])


def planned_faults(faults: Sequence[ScheduledFault]) -> list[dict[str, Plain]]:
    """Return faults and when they are on, as `plan.json` has them."""
    return [
        {
            "name": item.fault.name,
            "place": item.fault.place,
            "settings": dict(item.fault.settings),
            "from_s": item.window.from_s,
            "to_s": item.window.to_s,
        }
        for item in faults
    ]


def made_of(target: Target) -> dict[str, Mapping[str, str]]:
    """Return what a run stores of the topology, so that it is judged by its own however the platform changes since.

    `services` by name with what they are replicas of, `links` by name with the reason why one may carry nothing.
    """
    return {"services": target.groups(), "links": target.link_reasons()}


def make_folder(out: Path, name: str, seed: int, parts: Sequence[str] = ("raw", "books", "logs")) -> Path:
    """Create and return a new folder below `out`, with `parts` in it: a run's, named after its scenario, by default.

    Raises `UsageError` where that cannot be written.
    """
    base = f"{time.strftime('%Y%m%d-%H%M%S', time.gmtime())}-{name}-{seed}"
    for suffix in ("", *(f"-{n}" for n in range(2, 100))):
        folder = out / f"{base}{suffix}"
        try:
            folder.mkdir(parents=True)
            for part in parts:
                (folder / part).mkdir()
        except FileExistsError:
            if out.exists() and not out.is_dir():
                break
            continue
        except OSError as error:
            raise UsageError(
                f"--out: {out} cannot be written: {error.strerror}", hint="give a folder that you may write, with --out"
            ) from error
        return folder
    raise UsageError(f"--out: {out} is not a folder", hint="give a folder that you may write, with --out")


def write_json(path: Path, document: Mapping[str, Plain]) -> None:
    """Write a JSON document in one step, so that no reader ever sees half of it."""
    write_atomic(path, json.dumps(document, indent=2, default=str) + "\n")
