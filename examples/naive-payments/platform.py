"""Starts the example: a gateway, Toxiproxy before it, and the service. Ctrl-C ends all three.

python examples/naive-payments/platform.py naive        # or: repaired
"""

import argparse
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
ROOT = HERE.parent.parent
SERVICE, TOXIPROXY, LINK, GATEWAY, ADMIN = 28001, 28010, 28011, 28012, 28013
READY_S = 100.0
ENDING_S = 5.0


def main() -> int:
    """Start everything, say so, and wait until one of the three ends or somebody ends us."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("service", choices=("naive", "repaired"))
    chosen = parser.parse_args().service
    refuse_taken_ports()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    with tempfile.TemporaryDirectory() as folder:
        started: list[subprocess.Popen[bytes]] = []
        try:
            started += [start_gateway(Path(folder)), start_toxiproxy(Path(folder)), start_service(chosen, Path(folder))]
            for url in (f"http://127.0.0.1:{ADMIN}/admin/health", f"http://127.0.0.1:{SERVICE}/payments?order=none"):
                wait_for(url, started)
            print(f"{chosen} service: http://127.0.0.1:{SERVICE}  (Ctrl-C ends it)", flush=True)
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


def refuse_taken_ports() -> None:
    """End with exit code 64 where a port is taken: the service that was started before would answer in our place."""
    for port in (SERVICE, TOXIPROXY, LINK, GATEWAY, ADMIN):
        if not is_free(port):
            print(f"error: port {port} is taken\nhint: end the service that was started before", file=sys.stderr)
            sys.exit(64)


def start_gateway(folder: Path) -> "subprocess.Popen[bytes]":
    """Start a gateway that speaks Stripe's dialect. Its admin port shows its ledger."""
    settings = {"PORT": GATEWAY, "ADMIN_PORT": ADMIN, "NAME": "stripe", "API_KEY": "sk_test_naive"}
    settings["LOG_LEVEL"] = "warning"
    environment = {f"PAY_{name}": str(value) for name, value in settings.items()}
    environment["PAY_JOURNAL"] = str(folder / "gateway.journal")
    return subprocess.Popen([sys.executable, "-m", "system.gateways.stripe"], cwd=ROOT, env=os.environ | environment)


def start_toxiproxy(folder: Path) -> "subprocess.Popen[bytes]":
    """Start Toxiproxy with the one link of this system."""
    link = {"name": "shop-to-gateway", "listen": f"127.0.0.1:{LINK}", "upstream": f"127.0.0.1:{GATEWAY}"}
    (folder / "links.json").write_text(json.dumps([link]))
    program = find_server(lambda line: print(line, file=sys.stderr))
    arguments = ["-host", "127.0.0.1", "-port", str(TOXIPROXY), "-config", str(folder / "links.json")]
    return subprocess.Popen([str(program), *arguments], env=os.environ | {"LOG_LEVEL": "error"})


def start_service(name: str, folder: Path) -> "subprocess.Popen[bytes]":
    """Start the service; its way to the gateway is the link."""
    environment = {"BOOKS": str(folder / "payments.sqlite"), "GATEWAY_URL": f"http://127.0.0.1:{LINK}"}
    arguments = ["--app-dir", str(HERE), "--port", str(SERVICE), "--log-level", "warning"]
    return subprocess.Popen([sys.executable, "-m", "uvicorn", f"{name}:app", *arguments], env=os.environ | environment)


def wait_for(url: str, started: "list[subprocess.Popen[bytes]]") -> None:
    """Return when somebody answers there; end with an error where nobody does."""
    until = time.monotonic() + READY_S
    while time.monotonic() < until and all(process.poll() is None for process in started):
        try:
            if requests.get(url, timeout=1).ok:
                return
        except requests.RequestException:
            time.sleep(0.1)
    sys.exit(f"error: nobody answers at {url}")


if __name__ == "__main__":
    sys.exit(main())
