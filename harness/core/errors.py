"""The error tree. Every error says what was wrong, what is valid, and what to do next.

FaultlineError
├── UsageError        exit 64: the request made no sense; nothing was started
└── HarnessError      exit 70: the harness itself could not do its job
    ├── ProvisionError    a needed binary, cluster or port could not be had
    ├── ControlError      a control plane (Toxiproxy, a simulator's admin, a process) did not answer
    └── HealingError      a fault could not be proven healed
"""

import signal
from typing import TYPE_CHECKING, ClassVar

if TYPE_CHECKING:  # what makes the environment raises these errors, before any package is there
    from harness.core.plain import JsonObject


class FaultlineError(Exception):
    """Base of every error this harness raises on purpose.

    `hint` is the next thing to try, printed on its own `hint:` line.
    """

    exit_code: ClassVar[int] = 70

    def __init__(self, message: str, *, hint: str = "") -> None:
        super().__init__(message)
        self.hint = hint


class UsageError(FaultlineError):
    """The caller asked for something that does not exist or cannot be (exit code 64)."""

    exit_code: ClassVar[int] = 64


class HarnessError(FaultlineError):
    """The harness failed; the system under test has not been judged (exit code 70)."""


class StoodStill(HarnessError):
    """The harness itself did not run for a while, so its guard took it for dead. `seconds` is how long, about."""

    def __init__(self, message: str, *, seconds: float, hint: str = "") -> None:
        super().__init__(message, hint=hint)
        self.seconds = seconds


class ProvisionError(HarnessError):
    """A binary, a cluster or a port that the run needs could not be provided."""


class ControlError(HarnessError):
    """A control plane did not answer, or did not do what it said it did."""


class HealingError(HarnessError):
    """A fault could not be removed, or its removal could not be proven."""


class Interrupted(SystemExit):
    """Somebody asked this process to stop, by SIGINT or SIGTERM. No error: it passes every `except Exception`.

    Its exit code is what a shell expects: 130 after SIGINT, 143 after SIGTERM. `told` is the one line to end with: what
    was interrupted, what was put back, where the evidence is. `verdict` is the partial run's, as `--json` prints it.
    """

    def __init__(self, signum: int, told: str = "", verdict: "JsonObject | None" = None) -> None:
        self.exit_code = 128 + signum
        super().__init__(self.exit_code)
        self.signum = signum
        self.told = told
        self.verdict = verdict or {}

    @property
    def name(self) -> str:
        """The signal's name: SIGINT or SIGTERM."""
        return signal.Signals(self.signum).name
