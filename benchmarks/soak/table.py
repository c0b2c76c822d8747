"""The soak's table: sound runs by scenario, planted bugs by bug and scenario."""

import statistics
from collections.abc import Iterator, Sequence

from harness.score.outcome import Outcome


def table(outcomes: Sequence[Outcome]) -> str:
    """Return Markdown tables of all outcomes: sound runs by scenario, planted bugs by bug and scenario."""
    sound = [item for item in outcomes if not item.case.bug]
    planted = [item for item in outcomes if item.case.bug]
    lines = []
    if sound:
        lines += ["| scenario | passed | seeds | median time | otherwise |", "|---|---|---|---|---|"]
        lines += [_row(name, group) for (name,), group in _groups(sound, "scenario")]
    if planted:
        lines += [""] if lines else []
        lines += [
            "| bug | scenario | caught | seeds | median time | named | otherwise |",
            "|---|---|---|---|---|---|---|",
        ]
        lines += [_bug_row(bug, scenario, group) for (bug, scenario), group in _groups(planted, "bug", "scenario")]
    return "\n".join(lines)


def _groups(outcomes: Sequence[Outcome], *names: str) -> Iterator[tuple[tuple[str, ...], list[Outcome]]]:
    keys = dict.fromkeys(tuple(str(getattr(item.case, name)) for name in names) for item in outcomes)
    for key in keys:
        yield key, [item for item in outcomes if tuple(str(getattr(item.case, name)) for name in names) == key]


def _row(name: str, group: Sequence[Outcome]) -> str:
    return f"| `{name}` | {_right(group)} of {len(group)} | {_seeds(group)} | {_median(group)} | {_otherwise(group)} |"


def _bug_row(bug: str, scenario: str, group: Sequence[Outcome]) -> str:
    named = ", ".join(sorted({name for item in group for name in item.violated}, key=lambda name: int(name[1:])))
    return (
        f"| {bug} | `{scenario}` | {_right(group)} of {len(group)} | {_seeds(group)} | {_median(group)} | "
        f"{named or '-'} | {_otherwise(group)} |"
    )


def _right(group: Sequence[Outcome]) -> int:
    return sum(item.as_it_should_be for item in group)


def _seeds(group: Sequence[Outcome]) -> str:
    seeds = sorted(item.case.seed for item in group)
    whole = seeds == list(range(seeds[0], seeds[-1] + 1)) and len(seeds) > 1
    return f"{seeds[0]}-{seeds[-1]}" if whole else ", ".join(map(str, seeds))


def _median(group: Sequence[Outcome]) -> str:
    return f"{statistics.median(item.seconds for item in group):.0f} s"


def _otherwise(group: Sequence[Outcome]) -> str:
    """Name the seeds that did not come to what they should, with what they came to."""
    return ", ".join(f"seed {item.case.seed}: {item.verdict}" for item in group if not item.as_it_should_be) or "-"
