"""A host that joins a run: it waits for the run, reads its clock, takes a share of its load, and does its part."""

import socket
import tempfile
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from harness.core.errors import ControlError, FaultlineError, HarnessError
from harness.joining.client import RunClient
from harness.joining.clocks import Reading, read_clock
from harness.joining.code import code_digest
from harness.joining.messages import Ended, JoinReply, JoinRequest
from harness.joining.part import BEAT_S, Part
from harness.workspace import check_writable


@dataclass(frozen=True)
class Joining:
    """What `faultline join` was asked for. `api_urls` says where this host finds the API's replicas, by name."""

    host: str
    port: int
    token: str
    workers: int
    folder: Path
    wait_s: float
    api_urls: Mapping[str, str] = field(default_factory=dict)


def join(asked: Joining, say: Callable[[str], None]) -> int:
    """Join a run and see its load through; return the worst exit status of the workers (0: all well).

    Raises `UsageError` where the folder cannot be written or the run refuses, both before it has a share of the load,
    `HarnessError` where the run fell silent; the history is then in the folder.
    """
    check_writable(asked.folder)
    client = RunClient(asked.host, asked.port, asked.token)
    try:
        with _private_folder() as private:
            clock = _await_run(client, asked, say)
            request = JoinRequest(
                socket.gethostname(), asked.workers, code_digest(), clock.error_us, sorted(asked.api_urls)
            )
            reply = client.join(request)
            names = ", ".join(map(str, reply.shares))
            say(f"joined {reply.run_id} as worker {names}; its clock is known to {clock.error_us / 1000:.2f} ms")
            return _part(client, asked, reply, clock, Path(private)).see_through(say)
    finally:
        client.close()


def _private_folder() -> "tempfile.TemporaryDirectory[str]":
    try:
        return tempfile.TemporaryDirectory(prefix="faultline-join-")
    except OSError as error:
        raise HarnessError(
            f"no temporary folder can be made for the job: {error.strerror}",
            hint="set TMPDIR to one that you may write",
        ) from error


def _part(client: RunClient, asked: Joining, reply: JoinReply, clock: Reading, private: Path) -> Part:
    """Start this host's workers. Where that fails the run is told: it would wait for them otherwise.

    Raises `HarnessError` then.
    """
    try:
        return Part(
            client,
            reply,
            clock,
            master_host=asked.host,
            api_urls=asked.api_urls,
            out=asked.folder,
            private=private,
        )
    except (FaultlineError, OSError) as error:
        for share in reply.shares:
            client.ended(Ended(share, HarnessError.exit_code, 0))
        if isinstance(error, FaultlineError):
            raise
        raise HarnessError(
            f"this host's workers cannot be started: {error.strerror or error} ({error.filename or asked.folder})",
            hint="the run was told and ends; join the next one when this is repaired",
        ) from error


def _await_run(client: RunClient, asked: Joining, say: Callable[[str], None]) -> Reading:
    """Return the run's clock as soon as the run listens."""
    until, told = time.monotonic() + asked.wait_s, False
    while True:
        try:
            return read_clock(client.clock_us)
        except ControlError:
            if time.monotonic() > until:
                raise
        if not told:
            say(f"waiting for a run at {asked.host}:{asked.port}")
            told = True
        time.sleep(BEAT_S)
