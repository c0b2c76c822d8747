"""Batches over one or several warm platforms: each lane has a platform of its own and takes what is next."""

import os
import subprocess
import threading
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import suppress
from pathlib import Path

from harness.bound import command
from harness.core.errors import HarnessError, Interrupted
from harness.provision.ports import SPAN
from harness.score.cases import Batch
from harness.score.outcome import Outcome
from harness.score.running import Runner
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
        self._told = told
        self._prepare = prepare
        self._environment = environment or {}
        self._lock = threading.Lock()
        # All of them from the start: a lane that begins only after the end was said must have heard of it too.
        self._places = [self._place(number) for number in range(jobs)]
        self._ports = [["--base-port", str(base_port + number * SPAN)] for number in range(jobs)]
        self._runners = [
            Runner(out, options=port, environment=place) for port, place in zip(self._ports, self._places, strict=True)
        ]
        self._errors: list[BaseException] = []
        # Not the threads themselves: a signal in `Thread.join` has it take a living thread for one that has ended.
        self._under_way: set[int] = set()
        self._changed = threading.Event()

    def carry_out(self, batches: Iterable[Batch]) -> None:
        """Carry all batches out. Whatever ends this early ends the runs under way too, in good order."""
        queue = iter(batches)
        try:
            for number in range(self._jobs):
                self._under_way.add(number)
                threading.Thread(target=self._lane, args=(number, queue), daemon=True).start()
            while self._under_way and not self._errors:
                self._look()
        finally:
            for runner in self._runners:
                runner.end()
            self._settle()
        for error in self._errors:
            raise error

    def _look(self) -> None:
        self._changed.wait(_LOOK_S)
        self._changed.clear()

    def _settle(self) -> None:
        """Wait until every lane has taken its platform down. A second Ctrl-C does not leave one behind."""
        while self._under_way:
            with suppress(Interrupted):
                self._look()

    def _lane(self, number: int, queue: Iterator[Batch]) -> None:
        try:
            self._carry_out_alone(number, queue)
        except BaseException as error:  # noqa: BLE001 - raised again by the thread that waits
            self._errors.append(error)
        finally:
            self._under_way.discard(number)
            self._changed.set()

    def _carry_out_alone(self, number: int, queue: Iterator[Batch]) -> None:
        place, port, runner, up = self._places[number], self._ports[number], self._runners[number], False
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
        ours = Workspace.locate()
        place = ours if self._jobs == 1 else ours.job(number)
        return {**self._environment, "FAULTLINE_WORKSPACE": str(place.root)}

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
