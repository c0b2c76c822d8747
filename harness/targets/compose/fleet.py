"""The containers of one platform as `Started`: which there should be, and which of them live."""

import threading
import time
from collections.abc import Mapping

from harness.core.errors import FaultlineError
from harness.provision.containers.owned import ContainerState, states

ONE_SHOTS = ("secrets", "setup")
_FRESH_S = 0.05
"""Several questions in a row are answered from one look."""


class Fleet:
    """The containers that should run. Threads may share it."""

    def __init__(self, owner: str) -> None:
        self.owner = owner
        self._looking = threading.Lock()
        self._seen: Mapping[str, ContainerState] = {}
        self._seen_at = 0.0

    @property
    def records(self) -> Mapping[str, ContainerState]:
        """Every container but the one-shots, by its service's name. Raises `ControlError`, `ProvisionError`."""
        return {name: state for name, state in self._look().items() if name not in ONE_SHOTS}

    def alive(self, name: str) -> bool:
        """Tell whether a service's container exists and has processes (paused ones do)."""
        state = self._look().get(name)
        return state is not None and state.alive

    def any_alive(self) -> bool:
        """Tell whether anything runs; an engine that does not answer runs nothing that could be used."""
        try:
            return any(self.alive(name) for name in self.records)
        except FaultlineError:
            return False

    def forget(self) -> None:
        """Look again at the next question: something was changed on purpose."""
        self._seen_at = 0.0

    def _look(self) -> Mapping[str, ContainerState]:
        with self._looking:
            if time.monotonic() - self._seen_at > _FRESH_S:
                self._seen, self._seen_at = states(self.owner), time.monotonic()
            return self._seen
