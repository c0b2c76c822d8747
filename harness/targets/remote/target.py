"""The remote target: `core.target.Target` on a system that is not ours, by its adapter. It starts and stops nothing."""

from collections.abc import Mapping, Sequence
from hashlib import sha256
from pathlib import Path
from typing import TypeVar

from harness.core.adapter import Adapter, Charge, Record, Word, gives
from harness.core.errors import FaultlineError, HarnessError, UsageError
from harness.core.operating import Operated, OperatorAction
from harness.core.plain import JsonObject, Row
from harness.core.target import BooksTold, LoadExtras, Merchant, Progress, Service
from harness.provision.processes.supervisor import Supervisor
from harness.targets.remote import asking, books
from harness.targets.remote.links import RemoteLinks
from harness.targets.remote.ownership import Ownership
from harness.targets.remote.questions import Questions, all_of, attempt, insistent
from harness.targets.remote.quiet import QUIET_S, Quiet
from harness.targets.remote.surface import RemoteSurface
from harness.targets.remote.words import payment
from harness.workspace import Workspace

PROBE = "faultline-probe"
"""A reference that no payment has: a healthy system answers that there is none."""
_RESETS = 3
LOOK_S = 0.5
LOOK_MAX_S = 4.0
"""The first pause before a client looks after a payment that it does not know the fate of, and the longest one."""
_SEEN_BY = f"the gateway's charges alone, unchanged for {QUIET_S:.0f} s: the adapter gives no payments"

_Item = TypeVar("_Item", Charge, Record)


class RemoteTarget:
    """A system that runs already. Use it inside a `HarnessSession`: its guard heals the links behind a dead harness."""

    name = "remote"

    def __init__(self, workspace: Workspace, adapter: Adapter, path: Path) -> None:
        self.supervisor = Supervisor(workspace)
        self.workspace = workspace
        self.adapter = adapter
        self._path = path
        self._links = RemoteLinks(adapter.toxiproxy, adapter.links)
        self._own = Ownership()
        self._quiet = Quiet()
        self._questions = Questions(adapter)

    @property
    def surface(self) -> RemoteSurface:
        """Everything that can be broken: the links."""
        return RemoteSurface(self._links)

    @property
    def api_urls(self) -> Mapping[str, str]:
        """Each replica's own address by its name."""
        return self.adapter.api_urls

    @property
    def merchants(self) -> Sequence[Merchant]:
        """The adapter's merchants, in its currency. Their credentials are the adapter's own business."""
        currency, exponent = self.adapter.currency.upper(), self.adapter.exponent
        return [Merchant(name, "", currency, exponent, "minor") for name in self.adapter.merchants]

    @property
    def load_extras(self) -> LoadExtras:
        """The adapter file, how long an answer is waited for, and how the load looks after payments.

        The tag is for this run's keys and references: those of older runs must not come back. Looks begin later and
        become rarer than with our own platform: for many a system a look is a search.
        """
        settings: dict[str, float | str] = {"key_tag": self._own.tag, "poll_s": LOOK_S, "poll_max_s": LOOK_MAX_S}
        return LoadExtras(str(self._path.absolute()), self.adapter.patience_s, settings)

    def attach(self) -> bool:
        """There is never a platform of this kind that we left running."""
        return False

    def start(self, *, bug: str | None, settings: Mapping[str, str], progress: Progress) -> None:
        """Start nothing: find the links, and see that the system answers and what the adapter lists.

        Raises `UsageError` where that cannot be.
        """
        progress("looking at the system and its links")
        steps = (self._links.connect, self._hear, lambda: self._questions.try_all(self._own.since_us))
        if problems := [problem for step in steps if (problem := attempt(step)) is not None]:
            told = all_of(problems)
            raise UsageError(str(told), hint=told.hint)

    def stop(self, progress: Progress) -> None:
        """Stop nothing: whoever started it stops it."""

    def reset(self) -> None:
        """Restore the links, empty the books where the adapter can, and begin a new set of keys and references."""
        self._links.whole.restore_all()
        if gives(self.adapter, "reset"):
            self._empty()
        self._own, self._quiet = Ownership(), Quiet()
        self._questions.asked.clear()

    def steady(self) -> str:
        """Return an empty string when the links are whole and every replica answers, else what is wrong."""
        return self.healthy() or self._busy()

    def healthy(self) -> str:
        """Return an empty string when the links are whole and every replica answers, else what is wrong."""
        try:
            disturbed = self._links.whole.disturbed()
        except FaultlineError as error:
            return str(error)
        return f"links not whole: {', '.join(disturbed)}" if disturbed else self._silent()

    def backlog(self) -> Mapping[str, int]:
        """Return how many payments are undecided in the system's books, where the adapter gives them."""
        if not gives(self.adapter, "payments"):
            return {}
        records = self._records()
        return {"pending payments": sum(record.word is Word.PENDING for record in records if self._own.covers(record))}

    def unsettled(self) -> Mapping[str, int]:
        """Return what settling waits for: undecided payments; where the books are not given, charges that change."""
        if gives(self.adapter, "payments"):
            return self.backlog()
        return {"charges that still changed": self._quiet.unsettled(self._ours(self._charges()) or ())}

    def idle_transactions(self) -> Mapping[str, float]:
        """Return nothing: whose database sessions these are is not ours to know."""
        return {}

    def ledger(self, after: int) -> Sequence[Row]:
        """Return nothing: no adapter gives a ledger."""
        return ()

    def resolve(self, merchant_id: str, reference: str) -> Sequence[JsonObject]:
        """Return the payments with this reference as the first replica that answers shows them (the final reads)."""
        problem: FaultlineError = HarnessError("no replica answered")
        for url in self.api_urls.values():
            try:
                found = self._questions.look(url, reference, merchant_id)
                return [shown for seen in found if (shown := payment(seen, merchant_id))]
            except FaultlineError as error:
                problem = error
        raise problem

    def save_books(self, folder: Path) -> BooksTold:
        """Write the gateway's charges first, then the system's books, as far as the adapter gives them.

        What does not answer is asked again for `questions.BOOKS_DEADLINE_S`, then left out, and told.
        """
        lacking: dict[str, str] = {}
        charges = insistent("charges()", self._charges, lacking)
        records = None
        if gives(self.adapter, "payments"):
            records = insistent("payments()", self._records, lacking)
        ours, own_records = self._ours(charges), self._ours(records)
        books.save(folder, self.adapter, ours, own_records)
        unread = books.unread(charges, records, self.adapter)
        ignored = {"charges": _fewer(charges, ours), "payments": _fewer(records, own_records)}
        return BooksTold(lacking, unread, ignored, dict(self._questions.asked))

    def operate(self, action: OperatorAction, request_id: str, *, replica: str = "") -> Operated:
        """Nobody operates a system that is not ours."""
        raise HarnessError("the remote target has no operator endpoints")

    def bug_reached(self) -> int | None:
        """There is no planted bug."""
        return None

    def facts(self) -> Mapping[str, Mapping[str, str]]:
        """Return where everything is, and what the adapter gives."""
        given = [name for name in ("payments", "reset") if gives(self.adapter, name)]
        return {
            "system": {**self.api_urls, "adapter": f"{self._path.name}, sha-256 {self._digest()}"},
            "links": {"toxiproxy": f"{self._links.whole.version()} at {self.adapter.toxiproxy}", **self.adapter.links},
            "adapter": {"optional methods": ", ".join(given) or "none", "tells": ", ".join(sorted(self.adapter.tells))},
            **({} if "payments" in given else {"settling": {"seen by": _SEEN_BY}}),
        }

    def breakers(self) -> Sequence[Row]:
        """Return nothing: no adapter gives breakers."""
        return ()

    def cpu(self) -> Mapping[str, float]:
        """Return nothing: the processes are somebody else's."""
        return {}

    def services(self) -> Sequence[Service]:
        """Return nothing: the processes are somebody else's."""
        return ()

    def active_faults(self) -> Sequence[str]:
        """Return a sentence for each link that is cut and for each toxic."""
        return self._links.whole.active()

    def where(self) -> Mapping[str, str]:
        """Return where the system and its links are."""
        return {**self.api_urls, "toxiproxy": f"http://{self.adapter.toxiproxy}"}

    def groups(self) -> Mapping[str, str]:
        """Return nothing: what such a system is made of is its own affair."""
        return {}

    def link_reasons(self) -> Mapping[str, str]:
        """Return nothing: what a link carries is known to its owner."""
        return {}

    def link_ports(self) -> Mapping[int, tuple[str, str]]:
        """Return nothing: nobody tells of calls."""
        return {}

    def gather_logs(self) -> None:
        """Nothing to do: the logs are somebody else's."""

    def _charges(self) -> Sequence[Charge]:
        return self._questions.charges(self._own.since_us)

    def _records(self) -> Sequence[Record]:
        return self._questions.payments(self._own.since_us)

    def _ours(self, items: Sequence[_Item] | None) -> Sequence[_Item] | None:
        return None if items is None else [item for item in items if self._own.covers(item)]

    def _hear(self) -> None:
        if reason := self._silent():
            raise UsageError(f"the system does not answer: {reason}", hint="start it, or correct the adapter")

    def _empty(self) -> None:
        """Empty the books, and again where requests that were still under way wrote into them."""
        left = 0
        for _ in range(_RESETS):
            asking.said("reset", self.adapter.reset)
            left = len(self._charges())
            if not left:
                return
        raise HarnessError(f"after reset() the gateway still has {left} charges", hint="correct reset()")

    def _digest(self) -> str:
        """Two runs with different adapters are different questions: the report shows which it was."""
        return sha256(self._path.read_bytes()).hexdigest()[:16]

    def _silent(self) -> str:
        for name, url in self.api_urls.items():
            try:
                self._questions.look(url, PROBE, next(iter(self.adapter.merchants)))
            except FaultlineError as error:
                return f"{name}: {error}"
        return ""

    def _busy(self) -> str:
        try:
            left = {kind: count for kind, count in self.backlog().items() if count}
        except FaultlineError as error:
            return str(error)
        return ", ".join(f"{count} {kind}" for kind, count in left.items())


def _fewer(every: Sequence[object] | None, some: Sequence[object] | None) -> int:
    return len(every or ()) - len(some or ())
