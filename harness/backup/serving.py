"""A restored folder's own server, alone and aside: nobody follows it, and nobody but the restore speaks to it."""

import subprocess
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import psutil

from harness.core.errors import HarnessError
from harness.provision.postgres.account import Account
from harness.provision.postgres.settings import DATABASE, SUPERUSER
from harness.provision.processes.ending import end_postmasters, own_marks, postmaster

_DEADLINE_S = 240.0
_POLL_S = 0.2
_SHUTDOWN_S = 60.0


@dataclass(frozen=True)
class Alone:
    """How a server is started on a folder of its own, and spoken to."""

    programs: Path
    account: Account
    port: int
    password: str

    @contextmanager
    def serving(
        self, data: Path, settings: Mapping[str, str] | None = None, ready: str = "SELECT true"
    ) -> Iterator[int]:
        """Run a server on `data` until the block ends; give its port once the question `ready` is answered with true.

        Raises `HarnessError` with the server's own words where that does not come, or where it does not end cleanly.
        """
        log = data.with_suffix(".log")
        command = [*self.account.prefix, str(self.programs / "postgres"), "-D", str(data)]
        with log.open("wb") as out:
            server = subprocess.Popen(
                [*command, *self._options(settings or {})],
                stdin=subprocess.DEVNULL,
                stdout=out,
                stderr=subprocess.STDOUT,
                cwd="/",
                env={"PATH": "/usr/bin:/bin", "LC_ALL": "C", **own_marks()},
                start_new_session=True,
            )
        try:
            self._await(lambda: self._answers(ready), server, log)
            yield self.port
        finally:
            _shut_down(server, data)
        if server.returncode != 0:
            raise HarnessError(f"the restored server did not end cleanly: {_tail(log)}")

    def address(self) -> Mapping[str, str | int]:
        """Return how the superuser connects to it."""
        return {
            "host": "127.0.0.1",
            "port": self.port,
            "dbname": DATABASE,
            "user": SUPERUSER,
            "password": self.password,
        }

    def _options(self, more: Mapping[str, str]) -> list[str]:
        settings = {
            "port": str(self.port),
            "listen_addresses": "127.0.0.1",
            "unix_socket_directories": "",
            "synchronous_standby_names": "",
            "primary_conninfo": "",
            "primary_slot_name": "",
            "logging_collector": "off",
            **more,
        }
        return [part for name, value in settings.items() for part in ("-c", f"{name}={value}")]

    def _answers(self, question: str) -> bool:
        import psycopg

        try:
            with psycopg.connect(**self.address(), connect_timeout=2) as connection:  # type: ignore[arg-type]
                row = connection.execute(question.encode()).fetchone()
        except psycopg.Error:
            return False
        return bool(row and row[0])

    def _await(self, reached: Callable[[], bool], server: "subprocess.Popen[bytes]", log: Path) -> None:
        until = time.monotonic() + _DEADLINE_S
        while not reached():
            if server.poll() is not None:
                raise HarnessError(f"the server did not come up: {_tail(log)}")
            if time.monotonic() > until:
                raise HarnessError(f"the server was not there after {_DEADLINE_S:.0f} s: {_tail(log)}")
            time.sleep(_POLL_S)


def _shut_down(server: "subprocess.Popen[bytes]", data: Path) -> None:
    found = postmaster(data)
    try:
        if found is not None:
            found.send_signal(2)  # SIGINT: a fast shutdown, with a checkpoint
        server.wait(timeout=_SHUTDOWN_S)
    except (psutil.Error, subprocess.TimeoutExpired):
        end_postmasters([found] if found is not None else [])
        server.kill()
        server.wait(timeout=10.0)


def _tail(log: Path) -> str:
    lines = [line for line in log.read_text(errors="replace").splitlines() if "FATAL" in line or "ERROR" in line]
    return " | ".join(lines[-3:]) or "no reason was given"
