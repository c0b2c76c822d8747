"""A surface that writes down what was done to it. The real one is tested against real parts in tests/harness."""

from collections.abc import Mapping, Sequence
from fnmatch import fnmatch

from harness.core.errors import UsageError
from harness.core.fault import Undo

LINKS = ("api1-to-stripe", "api2-to-stripe", "worker-to-stripe", "api1-to-paypal", "worker-to-sink", "api1-to-db-a")


class FakeLinks:
    def __init__(self) -> None:
        self.done: list[tuple[object, ...]] = []

    def matching(self, pattern: str) -> Sequence[str]:
        found = [link for link in LINKS if fnmatch(link, pattern)]
        if not found:
            raise UsageError(f"no link matches {pattern!r}", hint=f"valid: {', '.join(LINKS)}")
        return found

    def cut(self, link: str) -> None:
        self.done.append(("cut", link))

    def add_toxic(self, link: str, kind: str, *, stream: str, toxicity: float, attributes: Mapping[str, int]) -> None:
        self.done.append(("toxic", link, kind, stream, toxicity, dict(attributes)))

    def undo(self, link: str) -> Undo:
        return Undo("restore_link", {"link": link})


class FakeGateways:
    def __init__(self) -> None:
        self.done: list[tuple[object, ...]] = []

    def plant(
        self,
        gateway: str,
        fault_id: str,
        kind: str,
        *,
        share: float,
        seed: int,
        parameters: Mapping[str, float | int | str],
    ) -> None:
        self.done.append((gateway, fault_id, kind, share, seed, dict(parameters)))

    def undo(self, gateway: str, fault_id: str) -> Undo:
        return Undo("clear_gateway_fault", {"gateway": gateway, "fault_id": fault_id})


class FakeSurface:
    def __init__(self) -> None:
        self.links = FakeLinks()
        self.gateways = FakeGateways()
