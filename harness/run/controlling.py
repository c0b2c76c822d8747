"""The control of a run: the same plan with nothing broken, and what the fault did beside it."""

from collections.abc import Sequence
from dataclasses import asdict, replace
from pathlib import Path

from harness.comparing import compare
from harness.comparing.documents import difference_document
from harness.comparing.figures import ONCE_EACH, Part
from harness.comparing.reading import windows_of
from harness.comparing.sources import run_side
from harness.core.effect import Effect, EffectFigure
from harness.core.evidence import Evidence
from harness.core.judgement import Invariant
from harness.core.scenario import Scenario
from harness.judge.stored import EFFECT_FILE, read_verdict
from harness.run.plan import write_json

CONFIDENCE = 0.95
PARTS: tuple[Part, ...] = ("during", "after")


def control_of(scenario: Scenario, quiet: Sequence[Invariant]) -> Scenario:
    """Return a scenario without its faults: same load, same settings, same operator.

    It demands of what the scenario demands what a quiet day can witness (`quiet`); all else is judged as on any run.
    Its promises are about the fault, and are not asked for.
    """
    known = {invariant.id for invariant in quiet}
    shared = [invariant for invariant in scenario.must_hold if invariant.id in known]
    return replace(
        scenario,
        title=f"Control: {scenario.title}",
        claim=f"The same plan with nothing broken. With the fault: {scenario.claim}",
        faults=(),
        should_meet=(),
        must_hold=shared or list(quiet),
    )


def note_effect(folder: Path, control: Path) -> Effect:
    """Measure what the fault did to the run in `folder` against its control, and write `effect.json` into it.

    Raises `UsageError` where one of both has no history or no verdict.
    """
    with Evidence(folder) as broken, Evidence(control) as quiet:
        found = measured(broken, quiet)
    write_json(folder / EFFECT_FILE, asdict(found))
    return found


def measured(broken: Evidence, quiet: Evidence) -> Effect:
    """Return the effect, part by part; the parts share the chance of a false alarm."""
    windows, report = windows_of(broken), read_verdict(quiet.folder)
    figures: list[EffectFigure] = []
    doubts: dict[str, None] = {}
    for part in PARTS:
        sides = (
            run_side(quiet, part, windows, name="control"),
            run_side(broken, part, windows, name="with the fault"),
        )
        found = compare(*sides, part=part, confidence=1 - (1 - CONFIDENCE) / len(PARTS))
        doubts.update(dict.fromkeys(found.doubts))
        figures += [
            EffectFigure(part=part, **asdict(difference_document(item)))
            for item in found.differences
            if item.figure.name not in ONCE_EACH
        ]
    return Effect(report.run_id, report.verdict, report.reasons, CONFIDENCE, tuple(doubts), tuple(figures))
