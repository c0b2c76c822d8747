"""How a load is changed from the command line: another rate, another length, or arrivals that were recorded."""

import importlib
from collections.abc import Callable
from dataclasses import dataclass
from typing import Annotated

import typer

from harness.core.arrivals import Recorded
from harness.core.errors import UsageError
from harness.core.scenario import Scenario
from harness.core.units import parse_duration

SHORTEST_S = 6.0
MAX_RATE = 2000.0
MAX_WORKERS = 8
"""Processes of the load generator on this host beside the platform."""

ArrivalsOption = Annotated[
    str | None,
    typer.Option(
        metavar="FILE",
        help="Replay recorded arrivals (CSV or Parquet: time, kind, amount_bucket); --duration and --rate scale them.",
    ),
]


@dataclass(frozen=True)
class Shape:
    """What was asked for, as it was written; None where it was not."""

    rate: str | None
    duration: str | None
    arrivals: str | None

    def checked(self) -> Callable[[Scenario], Scenario]:
        """Return what gives a scenario this shape. Raises `UsageError` for nonsense, before anything is shaped."""
        rate = None if self.rate is None else parse_rate(self.rate)
        length_s = None if self.duration is None else parse_length(self.duration)
        recorded = scaled(read_recording(self.arrivals), length_s, rate) if self.arrivals else None

        def shaped(scenario: Scenario) -> Scenario:
            if recorded is not None:
                return scenario.replaying(recorded)
            found = scenario if rate is None else scenario.at_rate(rate)
            return found if length_s is None else found.lasting(length_s)

        return shaped


def read_recording(named: str) -> Recorded:
    """Return recorded arrivals. Raises `UsageError` with what is wrong and what is valid."""
    found: Recorded = importlib.import_module("loadtests.recording").read_recording(named)
    return found


def scaled(recorded: Recorded, length_s: float | None, rate_per_s: float | None) -> Recorded:
    """Return arrivals played in that time, and then at that mean rate.

    Raises `UsageError` where what comes of it is too short or too much.
    """
    found = recorded if length_s is None else recorded.lasting(length_s)
    found = found if rate_per_s is None else found.at_rate(rate_per_s)
    if found.length_us < SHORTEST_S * 1e6:
        raise UsageError(
            f"--arrivals: {found.name} lasts {found.length_us / 1e6:.1f} s, too short to judge",
            hint=f"at least {SHORTEST_S:g} s: --duration stretches it",
        )
    if found.rate_per_s > MAX_RATE:
        raise UsageError(
            f"--arrivals: {found.name} comes at {found.rate_per_s:.0f} arrivals per second on average",
            hint=f"at most {MAX_RATE:g}: a longer --duration, or --rate",
        )
    return found


def parse_length(text: str) -> float:
    """Return a load's length in seconds; `UsageError` for none, or one too short to judge."""
    length_s = parse_duration(text, field="--duration")
    if length_s < SHORTEST_S:
        raise UsageError(f"--duration: {text} is too short to judge", hint=f"at least {SHORTEST_S:g}s")
    return length_s


def rate_in(text: str) -> float | None:
    """Return arrivals per second that the load generator is certified for; None for anything else."""
    try:
        rate = float(text.removesuffix("/s"))
    except ValueError:
        return None
    return rate if 0 < rate <= MAX_RATE else None


def check_workers(workers: int, most: int = MAX_WORKERS, hint: str = "") -> None:
    """Raise `UsageError` for so many processes of the load generator."""
    if not 1 <= workers <= most:
        raise UsageError(f"--workers: {workers} is not between 1 and {most}", hint=hint)


def check_seed(seed: int | None) -> None:
    """Raise `UsageError` for a seed that is none; None, for one that is drawn, is fine."""
    if seed is not None and not 0 <= seed < 2**32:
        raise UsageError(f"--seed: {seed} is not between 0 and {2**32 - 1}")


def parse_rate(text: str) -> float:
    """Return arrivals per second; `UsageError` for no such number."""
    rate = rate_in(text)
    if rate is None:
        raise UsageError(
            f"--rate: {text!r} is not a number of arrivals per second",
            hint=f"above 0 and at most {MAX_RATE:g}: --rate 30",
        )
    return rate
