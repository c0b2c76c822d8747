"""What an operator does to the platform during a run: on the run's clock, or once everything has settled."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from harness.core.errors import UsageError
from harness.core.plain import JsonObject, Plain


@dataclass(frozen=True)
class OperatorAction:
    """One request to an operator endpoint: `path` below `/internal/api/`, `body` as JSON (None: a GET).

    `name` is what the audit must call it.
    """

    name: str
    path: str
    body: Mapping[str, Plain] | None = None
    query: Mapping[str, str] = field(default_factory=dict)

    def at(self, at_s: float) -> "ScheduledAction":
        """Return this action, done `at_s` seconds after the first arrival."""
        return ScheduledAction(self, at_s)

    def once_settled(self, *, after_s: float = 0.0) -> "ScheduledAction":
        """Return this action, done `after_s` seconds after faults were healed and queues had drained."""
        return ScheduledAction(self, None, after_s)


@dataclass(frozen=True)
class ScheduledAction:
    """An action and when: `at_s` seconds after the first arrival; None: `after_s` seconds after all has settled."""

    action: OperatorAction
    at_s: float | None
    after_s: float = 0.0

    def __post_init__(self) -> None:
        if (self.at_s is not None and self.at_s < 0) or self.after_s < 0:
            raise UsageError(f"operator action {self.action.name}: its time must not be negative")

    def scaled(self, factor: float) -> "ScheduledAction":
        """Return the action moved by the run's time scale."""
        return replace(self, at_s=None if self.at_s is None else self.at_s * factor)

    @property
    def when(self) -> str:
        """When, in words."""
        return "once settled" if self.at_s is None else f"at {self.at_s:g} s"


@dataclass(frozen=True)
class Operated:
    """What came of it. `status` is None where no answer came: then nobody knows whether it was done."""

    status: int | None
    body: JsonObject = field(default_factory=dict)
    error: str = ""
