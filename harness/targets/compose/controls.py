"""`core.container_controls.Containers` through the package `docker`. Only what carries our label is ever found."""

from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from fnmatch import fnmatch
from typing import TYPE_CHECKING

from harness.core.container_controls import ContainerLook
from harness.core.errors import ControlError, UsageError
from harness.core.fault import Undo
from harness.guard.container_healers import limits_of, limits_undo, reconnect_undo, set_limits, start_undo
from harness.provision.containers.engine import TIMEOUT_S, controlled, engine
from harness.provision.containers.owned import container
from harness.targets.compose.layout import ADDRESSES, Layout

if TYPE_CHECKING:
    from docker.models.containers import Container

_PERIOD_US = 100_000


class ContainerControls:
    """The containers of one platform. `urls` says where those answer that do."""

    def __init__(self, layout: Layout, urls: Mapping[str, str]) -> None:
        self._layout = layout
        self._urls = urls
        self._stopping = ThreadPoolExecutor(max_workers=4, thread_name_prefix="stopping")

    def matching(self, pattern: str) -> Sequence[str]:
        """Return the names matching a shell pattern such as `api*`; `UsageError` listing all when none does."""
        found = [name for name in ADDRESSES if fnmatch(name, pattern)]
        if not found:
            raise UsageError(f"no container matches {pattern!r}", hint=f"valid: {', '.join(ADDRESSES)}")
        return found

    def look(self, name: str) -> ContainerLook:
        """Return what the engine says of it now."""
        found = self._found(name)
        alive = found.status in ("running", "paused")
        with controlled(f"asking how {name} is"):
            stats = engine().api.stats(str(found.id), stream=False, one_shot=True) if alive else {}
        return ContainerLook(
            alive=alive,
            connected=self._layout.network in found.attrs["NetworkSettings"]["Networks"],
            throttled=int(stats.get("cpu_stats", {}).get("throttling_data", {}).get("throttled_periods", 0)),
            memory_failures=int(stats.get("memory_stats", {}).get("failcnt", 0)),
        )

    def stop(self, name: str, *, grace_s: int) -> None:
        """Ask it to end (SIGTERM) and end it after `grace_s` (SIGKILL). Returns at once."""
        if not 0 <= grace_s < TIMEOUT_S:
            raise UsageError(f"grace: {grace_s} s is not between 0 and {TIMEOUT_S - 1} s")
        found = self._found(name)
        if found.status != "running":
            raise ControlError(f"{name} does not run")
        self._stopping.submit(found.stop, timeout=grace_s)

    def disconnect(self, name: str) -> None:
        """Take it off the platform's network while it lives."""
        found, network = self._found(name), self._layout.network
        with controlled(f"disconnecting {name} from {network}"):
            engine().networks.get(network).disconnect(found, force=True)
        if self.look(name).connected:
            raise ControlError(f"{name} is still on {network}")

    def limit(self, name: str, *, cpus: float = 0.0, memory_mb: int = 0) -> None:
        """Change its limits while it runs; 0 leaves one as it is."""
        found = self._found(name)
        wanted = limits_of(found)
        if cpus:
            wanted |= {"cpu_period": _PERIOD_US, "cpu_quota": int(cpus * _PERIOD_US)}
        if memory_mb:
            wanted |= {"mem_limit": memory_mb * 2**20, "memswap_limit": memory_mb * 2**20}
        with controlled(f"limiting {name}"):
            set_limits(found, wanted)
            found.reload()
        if (now := limits_of(found)) != wanted:
            raise ControlError(f"{name} has the limits {now}, not {wanted}")

    def undo_stop(self, name: str) -> Undo:
        """Return the step that starts it again, and waits until it answers."""
        return start_undo(self._layout.owner, self._known(name), self._urls.get(name, ""))

    def undo_disconnect(self, name: str) -> Undo:
        """Return the step that brings it back to its network, with the same names and address."""
        layout = self._layout
        return reconnect_undo(layout.owner, self._known(name), layout.network, layout.address(name))

    def undo_limit(self, name: str) -> Undo:
        """Return the step that gives it back the limits that it has now."""
        return limits_undo(self._layout.owner, name, limits_of(self._found(name)))

    def _found(self, name: str) -> "Container":
        return container(self._layout.owner, self._known(name))

    def _known(self, name: str) -> str:
        (known,) = self.matching(name)
        return known
