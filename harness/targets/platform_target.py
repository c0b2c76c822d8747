"""What every target does that runs the reference platform, however its processes were started."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from harness.core.errors import ControlError, HarnessError
from harness.core.operating import Operated, OperatorAction
from harness.core.plain import JsonObject, Row
from harness.core.surface import Surface
from harness.core.target import LoadExtras, Merchant
from harness.provision.http import call
from harness.provision.ports import TOPOLOGY
from harness.targets import observing, steadiness
from harness.targets.asking import operate
from harness.targets.durability import wal_mb
from harness.targets.in_use import absent
from harness.targets.plumbing import Plumbing, Started
from harness.targets.resetting import reset
from harness.workspace import Workspace


@dataclass(frozen=True)
class _Page:
    """A page of a merchant's payments, passed on as the API showed them."""

    data: list[JsonObject]
    has_more: bool


class PlatformTarget:
    """The reading and resetting half of `core.target.Target`; a subclass starts and stops."""

    def __init__(self, workspace: Workspace, started: Started) -> None:
        self.workspace = workspace
        self._started = started
        self._parts: Plumbing | None = None
        self._reached_before: Mapping[str, int] = {}

    @property
    def surface(self) -> Surface:
        """Everything that can be broken."""
        return self._running.surface

    @property
    def api_urls(self) -> Mapping[str, str]:
        """Each API replica's own address by its name, not through any faulted link."""
        return self._running.api_urls

    @property
    def merchants(self) -> Sequence[Merchant]:
        """The merchants that exist after `reset`."""
        return [account.public() for account in self._running.state.merchants]

    @property
    def load_extras(self) -> LoadExtras:
        """The load speaks to this platform by itself."""
        return LoadExtras()

    def _same_foundation(self, wanted: Mapping[str, str]) -> bool:
        """Tell whether the running platform has the disks, nodes and gateways that these settings ask for."""
        running = self._running.state.settings
        return (wal_mb(running), absent(running)) == (wal_mb(wanted), absent(wanted))

    def reset(self) -> None:
        """Empty books and queues, closed breakers, no faults. Verified."""
        reset(self._running, self._started)
        # The counters go on for as long as their processes live, over all the runs that these carry.
        self._reached_before = self._reached() if self._running.state.bug else {}

    def steady(self) -> str:
        """Return an empty string when the platform is healthy and idle, else one sentence saying what is not."""
        return steadiness.unsteady(self._running, self._started)

    def healthy(self) -> str:
        """Return an empty string when nothing is broken, else one sentence saying what is; it may still be busy."""
        return steadiness.unhealthy(self._running, self._started)

    def backlog(self) -> Mapping[str, int]:
        """Return what is still in flight by kind (unresolved operations, undelivered webhooks ...)."""
        return self._running.database.backlog()

    def idle_transactions(self) -> Mapping[str, float]:
        """Return the platform's processes with their longest idle transaction, straight from the primary."""
        return self._running.database.idle_transactions()

    def database_load(self) -> Mapping[str, float]:
        """Return what is asked of the primary just now (`harness.run.database_load`)."""
        return self._running.database.load()

    def metrics_urls(self) -> Mapping[str, str]:
        """Return where each of the platform's own processes shows its figures (`harness.run.alert_watch`)."""
        return {name: f"{url}/metrics" for name, url in self._running.platform_urls.items()}

    def recent_attempts(self, seconds: int) -> Mapping[str, int]:
        """Return how many attempts were prepared in the last seconds, by gateway."""
        return self._running.database.recent_attempts(seconds)

    def ledger(self, after: int) -> Sequence[Row]:
        """Return the ledger's postings with ids above `after`, straight from the primary."""
        return self._running.database.ledger(after)

    def resolve(self, merchant_id: str, reference: str) -> Sequence[JsonObject]:
        """Return the payments with this merchant reference as the API shows them (the final reads)."""
        return self._page(merchant_id, {"merchant_reference": reference}).data

    def pages(self, merchant_id: str) -> Iterator[Sequence[JsonObject]]:
        """Yield a merchant's payments as the API lists them, newest first, a page at a time."""
        page = self._page(merchant_id, {})
        yield page.data
        while page.has_more:
            page = self._page(merchant_id, {"starting_after": str(page.data[-1]["id"])})
            yield page.data

    def _page(self, merchant_id: str, query: Mapping[str, str]) -> _Page:
        """Return a page of a merchant's payments from the first replica that answers."""
        parts = self._running
        keys = {account.id: account.api_key for account in parts.state.merchants}
        headers = {"Authorization": f"Bearer {keys[merchant_id]}"}
        problem = ControlError("no API replica answered")
        for url in parts.api_urls.values():
            try:
                shown = call("GET", f"{url}/v1/payments", params={**query, "limit": "100"}, headers=headers, keep=True)
                return _Page(shown["data"], shown["has_more"])
            except ControlError as error:
                problem = error
        raise problem

    def save_books(self, folder: Path) -> None:
        """Write `*.parquet` and `states.json` into `folder`: gateway ledgers first, then the database."""
        from harness.targets import books

        parts = self._running
        folder.mkdir(parents=True, exist_ok=True)
        books.save_ledgers(folder, parts.admin_urls, parts.sink_admin)
        with parts.database.connection() as connection:
            books.save_database(folder, connection)
        books.save_states(folder, parts.api_urls["api1"])

    def operate(self, action: OperatorAction, request_id: str, *, replica: str = "") -> Operated:
        """Do what an operator does, through an API replica's own address; `request_id` is how the audit names it."""
        parts = self._running
        url = parts.api_urls[replica] if replica else next(iter(parts.api_urls.values()))
        return operate(url, parts.operator, action, request_id)

    def bug_reached(self) -> int | None:
        """Return how often the planted bug's code was reached since the reset; None when none is planted.

        A process that was started again since counts from its start; what one that died had counted is lost.
        """
        if not self._running.state.bug:
            return None
        before = self._reached_before
        return sum(count - before.get(instance, 0) for instance, count in self._reached().items())

    def _reached(self) -> dict[str, int]:
        healths = [call("GET", f"{url}/health", timeout_s=2.0) for url in self._running.platform_urls.values()]
        return {str(health["instance"]): int(health.get("bug_reached") or 0) for health in healths}

    def facts(self) -> Mapping[str, Mapping[str, str]]:
        """Return what is in force, grouped for the report: durability settings, versions, link proxy, timeouts."""
        return observing.facts(self._running)

    def breakers(self) -> Sequence[Row]:
        """Return each breaker's state now: gateway, operation class, state, version."""
        return steadiness.breakers(self._running)

    def active_faults(self) -> Sequence[str]:
        """Return a sentence for each fault that is on now, on links and in simulators."""
        return observing.active_faults(self._running)

    def groups(self) -> Mapping[str, str]:
        """Return every service of the platform by its name, with what it is a replica of (`api` of `api1`)."""
        return {service.name: service.group for service in TOPOLOGY.services}

    def link_reasons(self) -> Mapping[str, str]:
        """Return every link by its name, with the reason in words why it may carry nothing; '' where it always does."""
        there = {"-to-".join(pair) for pair in self.link_ports().values()}
        return {link.name: TOPOLOGY.why_quiet(link) for link in TOPOLOGY.links if link.name in there}

    def link_ports(self) -> Mapping[int, tuple[str, str]]:
        """Return every link as (caller, callee) by the port that its callers dial."""
        return self._running.ports.links()

    def where(self) -> Mapping[str, str]:
        """Return where everything is: addresses, secrets, logs."""
        parts = self._running
        primary = next((node for node in parts.nodes.nodes() if parts.nodes.look(node).accepts_writes), "")
        return {
            **parts.api_urls,
            **{f"{name} admin": url for name, url in parts.admin_urls.items()},
            "toxiproxy": f"http://127.0.0.1:{parts.ports.of('toxiproxy')}",
            "postgresql": f"127.0.0.1:{parts.ports.of(primary)}" if primary else "no primary",
            "merchants' keys": str(self.workspace.merchants_file),
            "operator token, passwords": str(self.workspace.platform_file),
            "logs": str(self.workspace.logs),
        }

    @property
    def _running(self) -> Plumbing:
        if self._parts is None:
            raise HarnessError("the platform has not been started")
        return self._parts
