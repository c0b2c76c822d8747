"""Batches over one or several warm platforms: each lane has a platform of its own and takes what is next."""

import os
import subprocess
import threading
from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path

from harness.core.errors import HarnessError
from harness.provision.ports import SPAN
from harness.score.cases import Batch
from harness.score.outcome import Outcome
from harness.score.running import Runner, command
from harness.workspace import Workspace

Told = Callable[[Outcome], None]
Prepare = Callable[[Batch, Workspace], None]
_LOOK_S = 0.5


class Lanes:
    """Carries batches out. `told` hears of every outcome, one at a time."""

    def __init__(
        self,
        jobs: int,
        *,
        out: Path,
        base_port: int,
        told: Told,
        prepare: Prepare | None = None,
        environment: Mapping[str, str] | None = None,
    ) -> None:
        """Use `jobs` platforms side by side, the first on `base_port` and each next one 200 ports above.

        `prepare` is called before each batch, with the workspace of the platform that is to run it; `environment` is
        added to that of everything which is started.
        """
        self._jobs = jobs
        self._out = out
        self._base_port = base_port
        self._told = told
        self._prepare = prepare
        self._environment = environment or {}
        self._lock = threading.Lock()
        self._runners: list[Runner] = []
        self._errors: list[BaseException] = []

    def carry_out(self, batches: Iterable[Batch]) -> None:
        """Carry all batches out. Whatever ends this early ends the runs under way too, in good order."""
        queue = iter(batches)
        threads = [threading.Thread(target=self._lane, args=(number, queue)) for number in range(self._jobs)]
        try:
            for thread in threads:
                thread.start()
            while any(thread.is_alive() for thread in threads) and not self._errors:
                for thread in threads:
                    thread.join(_LOOK_S)
        finally:
            for runner in self._runners:
                runner.end()
            for thread in threads:
                if thread.ident:
                    thread.join()
        for error in self._errors:
            raise error

    def _lane(self, number: int, queue: Iterator[Batch]) -> None:
        try:
            self._carry_out_alone(number, queue)
        except BaseException as error:  # noqa: BLE001 - raised again by the thread that waits
            self._errors.append(error)

    def _carry_out_alone(self, number: int, queue: Iterator[Batch]) -> None:
        place = self._place(number)
        port = ["--base-port", str(self._base_port + number * SPAN)]
        runner = Runner(self._out, options=port, environment=place)
        self._runners.append(runner)
        up = False
        try:
            while not runner.ended and (batch := self._next(queue)) is not None:
                if not up:
                    up = True
                    _call(place, "up", *port)
                if self._prepare:
                    self._prepare(batch, Workspace.locate(place))
                for outcome in runner.carry_out(batch):
                    with self._lock:
                        self._told(outcome)
        finally:
            if up:
                _call(place, "down")

    def _place(self, number: int) -> Mapping[str, str]:
        """Return a lane's workspace; a single lane uses the one of the caller."""
        root = Workspace.locate().root
        place = root if self._jobs == 1 else root / "jobs" / str(number + 1)
        return {**self._environment, "FAULTLINE_WORKSPACE": str(place)}

    def _next(self, queue: Iterator[Batch]) -> Batch | None:
        with self._lock:
            return next(queue, None)


def _call(place: Mapping[str, str], *arguments: str) -> None:
    # In a session of its own: a Ctrl-C that arrives now must not leave half a platform.
    done = subprocess.run(
        command(*arguments), env={**os.environ, **place}, check=False, stdout=subprocess.DEVNULL, start_new_session=True
    )
    if done.returncode:
        raise HarnessError(f"`faultline {' '.join(arguments)}` ended with {done.returncode}", hint="see above")
