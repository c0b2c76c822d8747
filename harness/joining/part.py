"""A joining host's part of one run: its workers, from the first to the last byte that they wrote.

The history is written here, on the host's own disk, and follows to the run while it grows. So a worker that is killed
loses nothing, and a host that is lost only what it wrote in its last half second.
"""

import importlib
import time
from collections.abc import Callable, Mapping
from pathlib import Path

from harness.core.errors import ControlError, HarnessError, Interrupted
from harness.joining.client import RunClient
from harness.joining.clocks import Reading, read_clock
from harness.joining.messages import Ended, JoinReply
from harness.joining.workers import JoinedWorker

BEAT_S = 0.2
SILENT_S = 10.0
"""A run that says nothing for so long is dead: its load must not go on with nobody watching."""
STOP_GRACE_S = 8.0


class Part:
    """Its life is `see_through`, once."""

    def __init__(
        self,
        client: RunClient,
        reply: JoinReply,
        clock: Reading,
        *,
        master_host: str,
        api_urls: Mapping[str, str],
        out: Path,
        private: Path,
    ) -> None:
        """Start the workers. `out` is where this host's own copy goes, `private` where jobs with keys are kept."""
        self._client, self._clock = client, clock
        shares = "-".join(map(str, reply.shares))
        self._folder = (out / f"{reply.run_id}-joined-{shares}").absolute()
        for name in ("raw", "logs"):
            (self._folder / name).mkdir(parents=True)
        job = dict(reply.job)
        job |= {"clock_zero_us": clock.zero_us, "api_urls": _urls(job.get("api_urls"), api_urls)}
        master = (master_host, reply.master_port)
        self._workers = [JoinedWorker(client, share, job, self._folder, private, master) for share in reply.shares]
        self._left = {worker.share: worker for worker in self._workers}
        self._worst, self._heard_at_s, self._started = 0, time.monotonic(), False

    def see_through(self, say: Callable[[str], None]) -> int:
        """Stay until every worker has ended and everything of it is handed over."""
        try:
            while self._left:
                self._beat(say)
                if time.monotonic() - self._heard_at_s > SILENT_S:
                    raise HarnessError(
                        f"the run fell silent for {SILENT_S:.0f} s, so this host's load was ended",
                        hint=f"faultline gather RUN {self._folder}   (where RUN is the run's folder)",
                    )
                time.sleep(BEAT_S / 2 if not self._started else BEAT_S)
        except Interrupted:
            say("ending this host's workers")
            self._end_workers()
            self._beat(say)
            raise
        finally:
            self._end_workers()
        say(f"handed over; this host's own copy: {self._folder}")
        return self._worst

    def _beat(self, say: Callable[[str], None]) -> None:
        """Hear from the run, and hand over what there is; a run that does not answer is asked again."""
        try:
            told = self._client.start(list(self._left))
            self._heard_at_s = time.monotonic()
            if told.start_at_us is not None and not self._started:
                importlib.import_module("loadtests.starting").tell_start(self._folder / "raw", told.start_at_us)
                self._started = True
            for worker in list(self._left.values()):
                if told.over:
                    worker.terminate()
                self._look_after(worker, say)
                self._heard_at_s = time.monotonic()
        except ControlError:
            return

    def _look_after(self, worker: JoinedWorker, say: Callable[[str], None]) -> None:
        status = worker.status()
        if status is None:
            worker.push()
            return
        worker.push_all()
        drift_us = read_clock(self._client.clock_us).zero_us - self._clock.zero_us
        self._client.ended(Ended(worker.share, status, drift_us))
        self._worst = max(self._worst, abs(status))
        del self._left[worker.share]
        say(f"worker {worker.share} ended with status {status}")

    def _end_workers(self) -> None:
        for worker in self._workers:
            worker.terminate()
        for worker in self._workers:
            worker.end(STOP_GRACE_S)


def _urls(known: object, own: Mapping[str, str]) -> dict[str, str]:
    """Return where the API's replicas are for this host. Their number and order are part of the plan, and stay."""
    return {**(known if isinstance(known, dict) else {}), **own}
