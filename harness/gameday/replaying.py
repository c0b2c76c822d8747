"""From a game day to a scenario that repeats its injections: a file that anybody can read, edit and run."""

import json
import re
from dataclasses import dataclass
from pathlib import Path

from harness.core.errors import UsageError
from harness.gameday.book import Entry, EntryKind, read_book
from harness.injecting.asking import Asked, Value, made, values_of

AFTER_S = 10.0
"""The load goes on for so long after the last fault, in seconds, so that the way back is seen."""
_NAME = re.compile(r"[a-z][a-z0-9_]{2,60}")


@dataclass(frozen=True)
class Repeated:
    """One injection: the call that makes its fault, and when it was on (seconds from the first arrival)."""

    fault: str
    call: str
    from_s: float
    to_s: float


def scenario_text(folder: Path) -> str:
    """Return the scenario file that repeats the injections of a game day's run.

    Raises `UsageError` where the folder is none of a game day, or nothing was injected on it.
    """
    entries = [item for item in read_book(folder) if item.kind is EntryKind.INJECTED]
    if not entries:
        raise UsageError(
            f"{folder} is no game day on which anything was injected",
            hint="give a folder that `faultline gameday` made, such as runs/20260101-120000-gameday-1",
        )
    try:
        plan = json.loads((folder / "plan.json").read_text())
        events = [json.loads(line) for line in (folder / "events.jsonl").read_text().splitlines()]
        t0_us, rate = int(plan["t0_us"]), float(plan["load"]["rate_per_s"])
    except (OSError, ValueError, KeyError) as error:
        raise UsageError(f"{folder} cannot be read: {error!r}", hint="give the folder of a whole run") from error
    on = {item["fault_id"]: int(item["at_us"]) for item in events if item["kind"] == "fault_injected"}
    off = {item["fault_id"]: int(item["at_us"]) for item in events if item["kind"] == "fault_healed"}
    repeated = [
        Repeated(item.fault, _call(item), _s(on[item.about], t0_us), _s(off[item.about], t0_us))
        for item in entries
        if item.about in on and item.about in off
    ]
    return _text(folder.name, repeated, rate)


def write_scenario(folder: Path, name: str, scenarios: Path) -> Path:
    """Write the scenario into the catalogue as `name` and return its path. Raises `UsageError` where that cannot be."""
    if not _NAME.fullmatch(name):
        raise UsageError(
            f"--as: {name!r} is no name of a scenario", hint="small letters, digits and _: replayed_outage"
        )
    path = scenarios / f"{name}.py"
    if path.exists():
        raise UsageError(f"--as: there is a scenario {name} already: {path}", hint="give another name with --as")
    text = scenario_text(folder)
    try:
        path.write_text(text)
    except OSError as error:
        raise UsageError(f"{path} cannot be written: {error.strerror}", hint="run in a checkout") from error
    return path


def _s(at_us: int, t0_us: int) -> float:
    return round(max(0.0, (at_us - t0_us) / 1e6), 2)


def _call(item: Entry) -> str:
    """Return the Python call that makes a fault as it was asked for."""
    asked = Asked(item.fault, item.on, item.parameters)
    made(asked)
    arguments = ", ".join(f"{name}={_literal(value)}" for name, value in values_of(asked).items())
    return f"{item.fault}({arguments})"


def _literal(value: Value) -> str:
    """Return a value as Python writes it, with the quotes of this code."""
    return json.dumps(value) if isinstance(value, str) else repr(value)


def _text(run: str, repeated: list[Repeated], rate: float) -> str:
    lasting = max(item.to_s for item in repeated) + AFTER_S
    imports = "".join(f"from faults.{name} import {name}\n" for name in sorted({item.fault for item in repeated}))
    faults = "".join(
        f"        {item.call}.between(seconds({item.from_s}), seconds({max(item.to_s, item.from_s + 0.1):.2f})),\n"
        for item in repeated
    )
    return (
        f'"""The injections of the game day {run}, once more, at the same moments of the load."""\n\n'
        f"{imports}from harness.core.scenario import Scenario\n"
        "from harness.core.units import seconds\n"
        "from harness.promises import DURABILITY, LEDGER\n"
        "from loadtests.workloads import steady_checkout\n\n"
        "scenario = Scenario(\n"
        f'    title="Game day {run}, repeated",\n'
        '    claim="Whatever people broke on that day, no money goes wrong when it is broken again.",\n'
        f"    load=steady_checkout(payments_per_second={rate:g}, lasting=seconds({lasting:.1f}), minimum_ok=20),\n"
        f"    faults=[\n{faults}    ],\n"
        "    must_hold=[*DURABILITY, *LEDGER],\n"
        ")\n"
    )
