"""Starts a payment API and Toxiproxy before it. Ctrl-C ends both.

python examples/stripe-like/platform.py                       # the sound one of this folder
python examples/stripe-like/platform.py COMMAND ARGUMENT ...   # any other that listens on port 28022
"""

import json
import os
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

# A script finds its own folder first, and this file has the name of a module of Python's own: that shall win.
sys.path.append(sys.path.pop(0))

import requests

from harness.provision.ports import is_free
from harness.provision.toxiproxy.locate import find_server

HERE = Path(__file__).resolve().parent
CONTROL, LINK, SERVICE = 28020, 28021, 28022
SOUND = (sys.executable, "-m", "uvicorn", "sound:app", "--app-dir", str(HERE), "--port", str(SERVICE))
READY_S = 100.0
ENDING_S = 5.0


def main() -> int:
    """Start both, say so, and wait until one of them ends or somebody ends us."""
    for port in (CONTROL, LINK, SERVICE):
        if not is_free(port):
            print(f"error: port {port} is taken\nhint: end what was started before", file=sys.stderr)
            return 64
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    command = sys.argv[1:] or [*SOUND, "--log-level", "warning"]
    with tempfile.TemporaryDirectory() as folder:
        started: list[subprocess.Popen[bytes]] = []
        try:
            started += [start_toxiproxy(Path(folder)), subprocess.Popen(command, cwd=folder)]
            wait_for(f"http://127.0.0.1:{SERVICE}/v1/payment_intents", started)
            print(f"payment API: http://127.0.0.1:{LINK} through Toxiproxy  (Ctrl-C ends it)", flush=True)
            while all(process.poll() is None for process in started):
                time.sleep(0.2)
            return 1
        except KeyboardInterrupt:
            return 0
        finally:
            end(started)


def end(started: "list[subprocess.Popen[bytes]]") -> None:
    """End what was started, also who takes too long about it."""
    for process in started:
        process.terminate()
    for process in started:
        try:
            process.wait(timeout=ENDING_S)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def start_toxiproxy(folder: Path) -> "subprocess.Popen[bytes]":
    """Start Toxiproxy with the one link: clients pay at port 28021, and the API listens on 28022."""
    link = {"name": "clients-to-api", "listen": f"127.0.0.1:{LINK}", "upstream": f"127.0.0.1:{SERVICE}"}
    (folder / "links.json").write_text(json.dumps([link]))
    program = find_server(lambda line: print(line, file=sys.stderr))
    arguments = ["-host", "127.0.0.1", "-port", str(CONTROL), "-config", str(folder / "links.json")]
    return subprocess.Popen([str(program), *arguments], env=os.environ | {"LOG_LEVEL": "error"})


def wait_for(url: str, started: "list[subprocess.Popen[bytes]]") -> None:
    """Return when somebody answers there; end with an error where nobody does."""
    until = time.monotonic() + READY_S
    while time.monotonic() < until and all(process.poll() is None for process in started):
        try:
            requests.get(url, timeout=1)
            return
        except requests.RequestException:
            time.sleep(0.1)
    sys.exit(f"error: nobody answers at {url}")


if __name__ == "__main__":
    sys.exit(main())
