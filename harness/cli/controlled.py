"""`faultline run --control`: what must be true of a request before each plan is run without its faults too."""

from collections.abc import Sequence

from harness.core.errors import UsageError
from harness.core.scenario import Scenario


def check_control(scenarios: Sequence[tuple[str, Scenario]], *, gathered: bool, named: bool) -> None:
    """Raise `UsageError` where there cannot be a control.

    `gathered` says that workers of other hosts join, `named` that the scenarios were asked for by their names: with
    `--all` those that break nothing run as ever.
    """
    if gathered:
        raise UsageError(
            "--control and --expect-workers do not go together: hosts join one run, and a control is a second one",
            hint="leave one of them out",
        )
    without = [name for name, scenario in scenarios if not scenario.faults]
    if without and (named or len(without) == len(scenarios)):
        raise UsageError(
            f"--control: {', '.join(without)} breaks nothing, so there is no effect to measure",
            hint="leave it out, or name scenarios with faults",
        )
