"""A harness to be killed: `python -m tests.harness.guard.victim WORKSPACE PORT MOMENT LEASE_S [ADMIN_URL]`.

It enters a session with a lease of LEASE_S seconds, starts a stand-in platform of two processes (one with a child of
its own), registers an undo, and says on standard output how far it has come. At MOMENT it waits for its end.
"""

import signal
import sys
import time
from pathlib import Path
from unittest.mock import patch

from harness.core.errors import StoodStill
from harness.core.fault import Undo
from harness.guard.session import HarnessSession
from harness.provision.processes import supervisor as supervising
from harness.provision.processes.supervisor import ProcessSpec, Supervisor
from harness.workspace import Workspace, write_private

LISTENER = """
import socket, sys, time
server = socket.create_server(("127.0.0.1", int(sys.argv[1])))
time.sleep(600)
"""
PARENT = """
import subprocess, sys, time
subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"], start_new_session=True)
time.sleep(600)
"""
MOMENTS = ("entered", "unrecorded", "half", "running", "injected")


def main(root: str, port: str, moment: str, lease_s: str, admin: str = "") -> None:
    workspace = Workspace(Path(root))
    with HarnessSession(workspace, command="victim", lease_s=float(lease_s)) as session:
        reach("entered", moment)
        if moment == "unrecorded":
            patch.object(supervising, "save_records", lambda *_: reach("unrecorded", moment)).start()
        processes = Supervisor(workspace)
        processes.spawn(ProcessSpec("listener", (sys.executable, "-c", LISTENER, port), ports={"tcp": int(port)}))
        reach("half", moment)
        processes.spawn(ProcessSpec("parent", (sys.executable, "-c", PARENT)))
        processes.spawn(ProcessSpec("load", (sys.executable, "-c", "import time; time.sleep(600)"), group="run"))
        if admin:
            session.keep()
        write_private(workspace.load_file, {"api_key": "secret"})
        reach("running", moment)
        session.register(Undo("clear_gateway_fault", {"admin": admin, "fault_id": "f1"}))
        session.register(Undo("no_such_healer", {}))
        reach("injected", moment)
        if moment == "waiting":
            print("waiting", flush=True)
            tell_the_loss(session)


def tell_the_loss(session: HarnessSession) -> None:
    """Go on until the lease is lost, and say what the session says of that."""
    until = time.monotonic() + 60
    while time.monotonic() < until:
        try:
            session.require_lease()
        except StoodStill as error:
            print(f"StoodStill: {error} seconds={error.seconds}", flush=True)
            return
        time.sleep(0.05)


def reach(here: str, moment: str) -> None:
    print(here, flush=True)
    if here == moment:
        time.sleep(600)


if __name__ == "__main__":
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    main(*sys.argv[1:])
