"""What a fault did, measured against the same plan without it: a value for reports."""

from dataclasses import dataclass

from harness.core.verdicts import Verdict


@dataclass(frozen=True)
class EffectFigure:
    """One figure in one part of the run: `first` without the fault, `second` with it, and the change between them.

    `part` is `during` or `after`, by the fault's windows, which are laid over the control's clock too. The other fields
    are those of a figure in `faultline compare --json` (docs/comparing.md).
    """

    part: str
    name: str
    what: str
    unit: str
    first: float | None
    second: float | None
    measured_as: str
    change: float | None
    lo: float | None
    hi: float | None
    least: float
    beyond_noise: bool
    outcome: str
    reason: str


@dataclass(frozen=True)
class Effect:
    """The control run (its id, verdict and reasons) and each figure with and without the fault.

    All intervals hold together with `confidence`. `doubts` are reasons why figures in time are not judged.
    """

    control: str
    verdict: Verdict
    reasons: tuple[str, ...]
    confidence: float
    doubts: tuple[str, ...]
    figures: tuple[EffectFigure, ...]
