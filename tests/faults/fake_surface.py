"""A surface that writes down what was done to it. The real one is tested against real parts in tests/harness."""

from collections.abc import Mapping, Sequence
from fnmatch import fnmatch

from harness.core.errors import ControlError, UsageError
from harness.core.fault import Undo
from harness.core.process_controls import Crash, CrashPoint
from harness.core.surface import Toxic
from tests.faults.fake_containers import FakeContainers
from tests.faults.fake_database import FakeDatabase
from tests.faults.fake_pressure import FakePressure

LINKS = (
    *("api1-to-stripe", "api2-to-stripe", "worker-to-stripe", "api1-to-paypal"),
    *("worker-to-sink", "api1-to-db-a", "standby-b-to-db-a", "standby-c-to-db-a"),
)


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

    def lay(self, link: str, toxics: Sequence[Toxic]) -> None:
        self.done += [("toxic", link, toxic.kind, toxic.stream, 1.0, dict(toxic.attributes)) for toxic in toxics]

    def relay(self, link: str, toxics: Sequence[Toxic], *, cut: bool) -> None:
        self.done.append(("relay", link, tuple(toxics), cut))

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


PROCESSES = ("api1", "api2", "worker", "stripe", "paypal", "sink")


class FakeProcesses:
    def __init__(self) -> None:
        self.done: list[tuple[object, ...]] = []
        self.dead: set[str] = set()
        self.starting: set[str] = set()
        self.points: list[CrashPoint] = []
        self.crashes: dict[str, Crash] = {}

    def matching(self, pattern: str) -> Sequence[str]:
        found = [name for name in PROCESSES if fnmatch(name, pattern)]
        if not found:
            raise UsageError(f"no process matches {pattern!r}", hint=f"valid: {', '.join(PROCESSES)}")
        return found

    def alive(self, name: str) -> bool:
        return name not in self.dead

    def ready(self, name: str) -> bool:
        return name not in self.dead | self.starting

    def kill(self, name: str) -> int:
        self.done.append(("kill", name))
        self.dead.add(name)
        return 4711

    def freeze(self, name: str) -> int:
        self.done.append(("freeze", name))
        return 4711

    def begin_start(self, name: str) -> None:
        self.done.append(("begin", name))
        self.dead.discard(name)
        self.starting.add(name)

    def start(self, name: str) -> None:
        self.done.append(("start", name))
        self.dead.discard(name)
        self.starting.discard(name)

    def undo_kill(self, name: str) -> Undo:
        return Undo("restart_process", {"workspace": "/w", "name": name})

    def undo_freeze(self, name: str) -> Undo:
        return Undo("thaw_process", {"name": name, "pid": "4711", "started_at": "1.0"})

    def crash_points(self) -> Sequence[CrashPoint]:
        return self.points

    def arm(self, name: str, point: str) -> int:
        self.done.append(("arm", name, point))
        return 4711

    def disarm(self, name: str) -> None:
        if name in self.dead:
            raise ControlError(f"{name} does not answer")
        self.done.append(("disarm", name))

    def crash(self, name: str, pid: int) -> Crash | None:
        return self.crashes.get(name)

    def undo_arm(self, name: str) -> Undo:
        return Undo("disarm_process", {"workspace": "/w", "name": name, "url": "http://127.0.0.1:1"})

    def skew(self, name: str, offset_s: float) -> None:
        self.done.append(("skew", name, offset_s))

    def undo_skew(self, name: str) -> Undo:
        return Undo("reset_clock", {"workspace": "/w", "name": name, "url": "http://127.0.0.1:1"})


class FakeSurface:
    def __init__(self) -> None:
        self.links = FakeLinks()
        self.gateways = FakeGateways()
        self.processes = FakeProcesses()
        self.database = FakeDatabase()
        self.pressure = FakePressure()
        self.containers: FakeContainers | None = None
