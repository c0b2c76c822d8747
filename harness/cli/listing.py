"""`faultline list` and `faultline show`: what there is, and what it claims, does and checks."""

import inspect
import json
import sys
from typing import Annotated

import typer

from harness import catalogue
from harness.core.errors import UsageError

JsonOption = Annotated[bool, typer.Option("--json", help="Print JSON instead of text.")]


def list_everything(as_json: JsonOption = False) -> None:
    """List scenarios, faults, invariants and planted bugs, one line each."""
    entries = catalogue.entries()
    if as_json:
        sys.stdout.write(json.dumps([vars(entry) for entry in entries], indent=2) + "\n")
        return
    kind = ""
    for entry in entries:
        if entry.kind != kind:
            kind = entry.kind
            sys.stdout.write(f"\n{kind}s\n")
        sys.stdout.write(f"  {entry.name:28} {entry.summary}\n")


def show(
    name: Annotated[str, typer.Argument(help="A scenario, fault, invariant (I7) or planted bug (B07).")],
    as_json: JsonOption = False,
) -> None:
    """Show what one scenario, fault, invariant or planted bug claims, does and checks."""
    document = _describe(name)
    if as_json:
        sys.stdout.write(json.dumps(document, indent=2) + "\n")
        return
    for field, value in document.items():
        if isinstance(value, list):
            sys.stdout.write(f"{field}:\n" + "".join(f"  - {item}\n" for item in value))
        else:
            sys.stdout.write(f"{field}: {value}\n")


def _describe(name: str) -> dict[str, str | list[str]]:
    if name in catalogue.scenario_names():
        return _describe_scenario(name)
    if name in catalogue.fault_names():
        signature = str(inspect.signature(catalogue.fault_factory(name))).split(" -> ")[0]
        return {"fault": name, "story": catalogue.fault_story(name), "parameters": signature}
    for invariant in catalogue.invariants():
        if invariant.id == name.upper():
            witness = f"{invariant.witness.sentence} (at least {invariant.witness.at_least})"
            return {
                "invariant": invariant.id,
                "sentence": invariant.sentence,
                "kind": invariant.kind,
                "witness": witness,
                "evidence": list(invariant.needs),
            }
    bugs = catalogue.planted_bugs()
    if name.upper() in bugs:
        bug = bugs[name.upper()]
        commands = [f"faultline run {scenario} --bug {bug.id}" for scenario in bug.shown_by]
        return {"bug": bug.id, "title": bug.title, "caught by": list(bug.caught_by), "shown by": commands}
    names = [entry.name for entry in catalogue.entries()]
    error = catalogue.nearest(name, names, "name")
    raise UsageError(str(error), hint=error.hint)


def _describe_scenario(name: str) -> dict[str, str | list[str]]:
    found = catalogue.scenario(name)
    load = found.load
    return {
        "scenario": name,
        "title": found.title,
        "claim": found.claim,
        "story": catalogue.scenario_story(name),
        "load": f"{load.rate_per_s:g} arrivals/s for {load.duration_s:g} s: {', '.join(load.mix)}",
        "faults": [
            f"{item.fault.name} at {item.fault.place} from {item.window.from_s:g} s to {item.window.to_s:g} s "
            f"{dict(item.fault.settings) or ''}".rstrip()
            for item in found.faults
        ],
        "must hold": [f"{i.id} {i.sentence}" for i in dict.fromkeys(found.must_hold)],
        "should meet": [f"{objective.name}: {objective.goal}" for objective in found.should_meet],
        "run": f"faultline run {name}",
    }
