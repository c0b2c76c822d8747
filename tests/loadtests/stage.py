"""A stage for flows: a session over the fake API, in virtual time, with the history in a list."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

import msgspec

from loadtests.answers import Reading, Subject
from loadtests.flows import discover
from loadtests.history import Complete, Invoke
from loadtests.http1 import Answer
from loadtests.job import LoadJob, Merchant
from loadtests.journal import Journal
from loadtests.operations import Wire
from loadtests.plan import Arrival
from loadtests.session import Session
from loadtests.surroundings import Ended, Settled
from loadtests.tally import Tally
from tests.loadtests.fake_api import FakeApi

MERCHANTS = [
    Merchant("m_alpha", "k_alpha", "EUR", 2),
    Merchant("m_beta", "k_beta", "JPY", 0),
    Merchant("m_gamma", "k_gamma", "KWD", 3),
    Merchant("m_delta", "k_delta", "USD", 2, "decimal"),
]
KEYS = {merchant.api_key: merchant.id for merchant in MERCHANTS}
SHARES = {"sale": 6.0, "refund": 3.0, "decline": 1.0}
START_US = 1_000_000_000


def job(**changed: Any) -> LoadJob:
    """Return a job of two replicas and four merchants."""
    fields: dict[str, Any] = {
        "run_dir": "/nowhere",
        "seed": 7,
        "rate_per_s": 100.0,
        "duration_s": 20.0,
        "mix": SHARES,
        "api_urls": {"api1": "http://127.0.0.1:1", "api2": "http://127.0.0.1:2"},
        "merchants": MERCHANTS,
        **changed,
    }
    return LoadJob(**fields)


class PromptJournal(Journal):
    """Writes everything down as it comes."""

    def invoke(self, line: Invoke, *, opens_arrival: bool) -> None:
        super().invoke(line, opens_arrival=opens_arrival)
        self.commit()

    def complete(self, invoke: Invoke, answer: Answer, reading: Reading, done_us: int) -> None:
        super().complete(invoke, answer, reading, done_us)
        self.flush()


@dataclass
class Stage:
    """Surroundings in virtual time, a recorder, and the API. `ended_after` requests the load is over."""

    api: FakeApi = field(default_factory=lambda: FakeApi(dict(KEYS)))
    lines: list[Invoke | Complete] = field(default_factory=list)
    time_us: int = START_US
    pauses_s: list[float] = field(default_factory=list)
    patience_s: list[float] = field(default_factory=list)
    ended_after: int = 1_000_000

    def now_us(self) -> int:
        self.time_us += 10
        return self.time_us

    def sleep(self, seconds: float) -> None:
        self.pauses_s.append(seconds)
        self.time_us += round(seconds * 1e6)
        self.proceed()

    def proceed(self) -> None:
        if len(self.invokes) >= self.ended_after:
            raise Ended

    def exchange(self, replica: int, request: bytes, patience_s: float = 0.0) -> Answer:
        self.patience_s.append(patience_s)
        head, _, body = request.partition(b"\r\n\r\n")
        first, *lines = head.decode("latin-1").split("\r\n")
        headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in lines)}
        assert headers["host"].endswith(str(replica + 1))
        answer = self.api.handle(*first.split(" ")[:2], headers, body)  # type: ignore[call-arg, arg-type]
        if isinstance(answer, str):
            return Answer(error=answer)
        status, more, payload = answer
        lines = [f"http/1.1 {status} x", *(f"{name}: {value}".lower() for name, value in more.items())]
        return Answer(status, "\r\n".join(lines).encode(), payload)

    def together(self, calls: Sequence[Callable[[], Settled]]) -> list[Settled]:
        return [call() for call in calls]

    def invoke(self, lines: Sequence[Invoke]) -> None:
        self.lines.extend(lines)

    def complete(self, lines: Sequence[Complete]) -> None:
        self.lines.extend(lines)

    @property
    def invokes(self) -> list[Invoke]:
        return [line for line in self.lines if isinstance(line, Invoke)]

    @property
    def completes(self) -> list[Complete]:
        return [line for line in self.lines if isinstance(line, Complete)]

    def session(self, flow: str = "sale", *, k: int = 3, merchant: int = 0, amount_minor: int = 1_999) -> Session:
        planned = job()
        arrival = Arrival(k, 0, flow, merchant, amount_minor, "pm_card_visa", 0, 7)
        journal = PromptJournal(self, Tally(), self.now_us)
        return Session(planned, Wire(planned), self, journal, arrival, START_US, 0)

    def play(self, flow: str, **changed: Any) -> None:
        """Run one arrival of a flow."""
        session = self.session(flow, **changed)
        discover()[flow].run(session, session.arrival)

    def told(self) -> list[tuple[str, str, str]]:
        """Return (kind, expectation, outcome) of every attempt, in the order in which they were sent."""
        came = {(line.op, line.attempt): line.outcome for line in self.completes}
        return [(line.kind, line.expect, came[line.op, line.attempt]) for line in self.invokes]


def subject(**fields: Any) -> Subject:
    return msgspec.convert(fields, Subject)
