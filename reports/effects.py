"""How a fault's effect is told: lines for every format."""

from harness.comparing import Difference, Outcome
from harness.comparing.documents import difference_of
from harness.core.effect import Effect, EffectFigure
from reports.comparisons import _words as words

HEADINGS = ("part", "figure", "without", "with", "effect", "interval", "says")


def lead(effect: Effect) -> str:
    """Return what the fault did, in one sentence, with the control's verdict."""
    changed = [item for item in effect.figures if item.outcome in (Outcome.WORSE.value, Outcome.BETTER.value)]
    judged = [item for item in effect.figures if item.change is not None]
    found = "; ".join(f"{item.name} {_change(item)} {item.part} the fault" for item in changed)
    nothing = "no effect was shown" if judged else "the effect could not be judged"
    control = f"The control ({effect.control}): {effect.verdict}."
    return f"Against the same plan without the fault: {found or nothing}. {control}"


def doubts(effect: Effect) -> tuple[str, ...]:
    """Return what was wrong with the control, and why times prove nothing."""
    return (*(f"control: {reason}" for reason in effect.reasons), *effect.doubts)


def rows(effect: Effect) -> list[tuple[str, ...]]:
    """Return one line of cells for each figure, under `HEADINGS`."""
    found: list[tuple[str, ...]] = []
    for item in effect.figures:
        name, first, second, change, interval, _, says = words.row(_difference(item, effect))
        found.append((item.part, name, first, second, change, interval, says))
    return found


def footing(effect: Effect) -> str:
    """Return what the intervals rest on."""
    return f"All intervals hold together with {effect.confidence:.0%} confidence; one run on each side."


def _difference(item: EffectFigure, effect: Effect) -> Difference:
    return difference_of(item, effect.confidence)


def _change(item: EffectFigure) -> str:
    return words.change(difference_of(item, 0.95).figure, item.change or 0.0)
