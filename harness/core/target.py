"""The system under test, seen through a small protocol. Scenarios never know which target they run against."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol, runtime_checkable

from harness.core.operating import Operated, OperatorAction
from harness.core.plain import JsonObject, Row
from harness.core.surface import Surface

Progress = Callable[[str], None]
"""Called with one line of human talk when a step begins (goes to stderr, never to stdout)."""


@dataclass(frozen=True)
class Merchant:
    """One merchant the load may act for. `api_key` is a test key; it never lands in a run's folder."""

    id: str
    api_key: str
    currency: str
    exponent: int
    amount_form: str
    reference_policy: str = "allowed"


@dataclass(frozen=True)
class Service:
    """One process of the platform as `faultline status` shows it."""

    name: str
    pid: int | None
    ports: Mapping[str, int]
    healthy: bool
    role: str
    detail: str = ""


@dataclass(frozen=True)
class LoadExtras:
    """What the load's job says besides what every target's job says.

    `adapter` is the file of an adapter that translates ('' for none), `request_timeout_s` how long an answer is waited
    for (None: as long as with any target), `settings` what is laid over the load's own.
    """

    adapter: str = ""
    request_timeout_s: float | None = None
    settings: Mapping[str, float | str] = field(default_factory=dict)


@dataclass(frozen=True)
class BooksTold:
    """What is to be told with the books: `lacking` and `unread` what could not be had, with the reason or the source;
    `ignored` how much was not of this run, `asked` what the system was asked for, how often."""

    lacking: Mapping[str, str]
    unread: Mapping[str, str]
    ignored: Mapping[str, int]
    asked: Mapping[str, int]


class Target(Protocol):
    """What the engine asks of a system under test."""

    @property
    def name(self) -> str:
        """`embedded`, `compose` or `remote`."""

    @property
    def surface(self) -> Surface:
        """Everything that can be broken."""

    @property
    def api_urls(self) -> Mapping[str, str]:
        """Each API replica's own address by its name, not through any faulted link."""

    @property
    def merchants(self) -> Sequence[Merchant]:
        """The merchants that exist after `reset`."""

    @property
    def load_extras(self) -> LoadExtras:
        """What the load's job says besides what every target's job says; asked after `reset`."""

    def start(self, *, bug: str | None, settings: Mapping[str, str], progress: Progress) -> None:
        """Bring everything up (idempotent; restarts only what another bug or other settings demand)."""

    def reset(self) -> None:
        """Empty books and queues, closed breakers, no faults. Verified."""

    def stop(self, progress: Progress) -> None:
        """Take everything down that `start` brought up."""

    def steady(self) -> str:
        """Return an empty string when the platform is healthy and idle, else one sentence saying what is not."""

    def healthy(self) -> str:
        """Return an empty string when nothing is broken, else one sentence saying what is; it may still be busy."""

    def backlog(self) -> Mapping[str, int]:
        """Return what is still in flight by kind (unresolved operations, undelivered webhooks ...)."""

    def idle_transactions(self) -> Mapping[str, float]:
        """Return each process of the platform that is connected to the primary, with how long its longest idle
        transaction has been idle, in seconds (0.0: none is). Empty where that cannot be seen. Raises `ControlError`."""

    def ledger(self, after: int) -> Sequence[Row]:
        """Return the ledger's postings with ids above `after`, straight from the primary."""

    def resolve(self, merchant_id: str, reference: str) -> Sequence[JsonObject]:
        """Return the payments with this merchant reference as the API shows them (the final reads)."""

    def save_books(self, folder: Path) -> BooksTold | None:
        """Write `books/*.parquet` and `books/states.json`: gateway ledgers first, then the database.

        Returns what is to be told with the run, if anything.
        """

    def operate(self, action: OperatorAction, request_id: str, *, replica: str = "") -> Operated:
        """Do what an operator does, through an API replica's own address; `request_id` is how the audit names it."""

    def bug_reached(self) -> int | None:
        """Return how often the planted bug's code was reached over all processes; None when none is planted."""

    def facts(self) -> Mapping[str, Mapping[str, str]]:
        """Return what is in force, grouped for the report: durability settings, versions, link proxy, timeouts."""

    def groups(self) -> Mapping[str, str]:
        """Return every service of the platform by its name, with what it is a replica of (`api` of `api1`)."""

    def link_reasons(self) -> Mapping[str, str]:
        """Return every link by its name, with the reason in words why it may carry nothing; '' where it always does."""

    def breakers(self) -> Sequence[Row]:
        """Return each breaker's state now: gateway, operation class, state, version."""

    def cpu(self) -> Mapping[str, float]:
        """Return each process's CPU seconds used so far, by its name."""

    def services(self) -> Sequence[Service]:
        """Return every process with its ports, health and role."""


@runtime_checkable
class SeenFromOutside(Protocol):
    """A target whose backlog does not tell all that a run must wait for before it may be judged."""

    def unsettled(self) -> Mapping[str, int]:
        """Return what is not at rest yet by kind; empty when nothing is. Asked several times a second."""
