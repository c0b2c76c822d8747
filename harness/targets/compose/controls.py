"""`core.container_controls.Containers` through the package `docker`. Only what carries our label is ever found."""

from collections.abc import Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from typing import TYPE_CHECKING

from harness.core.container_controls import ContainerLook
from harness.core.errors import ControlError, UsageError
from harness.core.fault import Undo
from harness.guard.container_healers import (
    in_force,
    limits_of,
    limits_undo,
    reconnect_undo,
    set_limits,
    start_undo,
)
from harness.provision.containers.engine import controlled, engine, statistics
from harness.provision.containers.owned import container
from harness.targets.compose.layout import ADDRESSES, Layout

if TYPE_CHECKING:
    from docker.models.containers import Container

_PERIOD_US = 100_000
_PASSES_ON = ("haproxy",)
_CPU, _MEMORY = ("cpu_period", "cpu_quota"), ("mem_limit", "memswap_limit")


class ContainerControls:
    """The containers of one platform. `urls` says where those answer that do."""

    def __init__(self, layout: Layout, urls: Mapping[str, str]) -> None:
        self._layout = layout
        self._urls = urls
        self._stopping = ThreadPoolExecutor(max_workers=4, thread_name_prefix="stopping")
        self._stops: dict[str, Future[None]] = {}
        self._whole: dict[str, Mapping[str, int]] = {}

    def look(self, name: str, *, limits: bool = False) -> ContainerLook:
        """Return what the engine says of it now. `ControlError` where it refused to stop it since the last look.

        `limits`: with what they held back. The engine counts that once a second.
        """
        self._require_stopping(name)
        found = self._found(name)
        alive = found.status in ("running", "paused")
        stats = statistics(str(found.id)) if alive and limits else {}
        return ContainerLook(
            alive=alive,
            connected=self._layout.network in found.attrs["NetworkSettings"]["Networks"],
            throttled=int(stats.get("cpu_stats", {}).get("throttling_data", {}).get("throttled_periods", 0)),
            memory_failures=int(stats.get("memory_stats", {}).get("failcnt", 0)),
        )

    def stop(self, name: str, *, grace_s: int) -> None:
        """Ask it to end (SIGTERM) and end it after `grace_s` (SIGKILL). Returns at once."""
        found = self._found(name)
        if found.status != "running":
            raise ControlError(f"{name} does not run")
        self._stops[name] = self._stopping.submit(found.stop, timeout=grace_s)

    def disconnect(self, name: str) -> None:
        """Take it off the platform's network while it lives."""
        found, network = self._found(name), self._layout.network
        with controlled(f"disconnecting {name} from {network}"):
            engine().networks.get(network).disconnect(found, force=True)
        if self.look(name).connected:
            raise ControlError(f"{name} is still on {network}")

    def limit(self, name: str, *, cpus: float = 0.0, memory_mb: int = 0) -> None:
        """Change its limits while it runs; 0 leaves one as it is. One that is no less than it has is refused."""
        found = self._found(name)
        wanted: dict[str, int] = {}
        if cpus:
            wanted |= dict.fromkeys(_CPU, _PERIOD_US) | {"cpu_quota": int(cpus * _PERIOD_US)}
        if memory_mb:
            wanted |= dict.fromkeys(_MEMORY, memory_mb * 2**20)
        _require_less(name, limits_of(found), wanted)
        with controlled(f"limiting {name}"):
            set_limits(found, wanted)
            found.reload()
        if not in_force(wanted, now := limits_of(found)):
            raise ControlError(f"{name} has the limits {now}, not {wanted}")

    def undo_stop(self, name: str) -> Undo:
        """Return the step that starts it again, and waits until it is well."""
        url, owner = self._urls.get(name, ""), self._layout.owner
        return start_undo(owner, self._known(name), url, stopping=True, any_answer=name in _PASSES_ON)

    def undo_disconnect(self, name: str) -> Undo:
        """Return the step that brings it back to its network, with the same names and address."""
        layout = self._layout
        return reconnect_undo(layout.owner, self._known(name), layout.network, layout.address(name))

    def undo_limit(self, name: str, *, cpus: float = 0.0, memory_mb: int = 0) -> Undo:
        """Return the step that gives it back those limits that `limit` would change, as they were before any fault."""
        # Not as they are now: another fault may be on, and would come back with its own limits after its end.
        whole = self._whole.setdefault(name, limits_of(self._found(name)))
        changed = (*(_CPU if cpus else ()), *(_MEMORY if memory_mb else ()))
        return limits_undo(self._layout.owner, name, {limit: whole[limit] for limit in changed})

    def _require_stopping(self, name: str) -> None:
        stop = self._stops.get(name)
        if stop is not None and stop.done():
            del self._stops[name]
            with controlled(f"stopping {name}"):
                stop.result()

    def _found(self, name: str) -> "Container":
        return container(self._layout.owner, self._known(name))

    def _known(self, name: str) -> str:
        if name not in ADDRESSES:
            raise UsageError(f"there is no container {name!r}", hint=f"valid: {', '.join(ADDRESSES)}")
        return name


def _require_less(name: str, now: Mapping[str, int], wanted: Mapping[str, int]) -> None:
    """Raise `ControlError` for a limit that takes nothing away: what it had held back before would count as hits."""
    for limit, unit in (("cpu_quota", "us of CPU in each 100 ms"), ("mem_limit", "bytes")):
        # 0 is no limit at all; every period of the platform's own is 100 ms.
        if limit in wanted and 0 < now[limit] <= wanted[limit]:
            raise ControlError(f"{name} has {now[limit]} {unit}: {wanted[limit]} would take nothing away")
