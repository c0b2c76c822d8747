"""curl, one process for all of its requests: the payment follows its GET after a pause, on the same connection.

Reads lines, answers each with one line. `warm` starts curl with both requests and returns when the GET is answered;
`pay` then waits for the end.
"""

import re
import subprocess
import sys
from pathlib import Path
from tempfile import TemporaryDirectory

PAUSE = ("--rate", "75/m")
"""0.8 s from one request to the next: less than a connection lives whose answers are lost."""
_QUIET = ("--silent", "--show-error", "--max-time", "12", "--output", "/dev/null")
# Standard error, since curl does not buffer that.
_SHOWN = (*_QUIET, "--write-out", "%{stderr}%{http_code}\\n")


class Curl:
    def __init__(self, folder: str) -> None:
        self._body = Path(folder) / "body"
        self._warmed: subprocess.Popen[bytes] | None = None

    def version(self) -> str:
        said = subprocess.run(["curl", "--version"], capture_output=True, text=True, check=True).stdout
        return said.split()[1]

    def warm(self, url: str, pay_url: str, key: str, token: str, body: str) -> str:
        get = ["curl", *PAUSE, *_SHOWN, url, "--next", *_SHOWN, *self._payment(pay_url, key, token, body)]
        self._warmed = subprocess.Popen(get, stderr=subprocess.PIPE, bufsize=0)
        return _line(self._warmed)

    def pay(self, url: str, key: str, token: str, body: str) -> str:
        running, self._warmed = self._warmed, None
        if running is None:
            command = ["curl", *_SHOWN, *self._payment(url, key, token, body)]
            running = subprocess.Popen(command, stderr=subprocess.PIPE, bufsize=0)
        told = _line(running)
        if told == "000":
            told = _line(running)
        return told if running.wait(30) == 0 else f"error {re.sub(r' after .*| port .*', '', told)}"

    def _payment(self, url: str, key: str, token: str, body: str) -> list[str]:
        self._body.write_text(body)
        headers = [f"Idempotency-Key: {key}", f"Authorization: Bearer {token}", "Content-Type: application/json"]
        return [*(part for header in headers for part in ("--header", header)), "--data-binary", f"@{self._body}", url]


def _line(running: "subprocess.Popen[bytes]") -> str:
    assert running.stderr is not None
    return running.stderr.readline().decode().strip()


def main() -> None:
    with TemporaryDirectory() as folder:
        curl = Curl(folder)
        for line in sys.stdin:
            command, *words = line.rstrip("\n").split("\t")
            if command == "new":
                told = "ok"
            else:
                told = {"version": curl.version, "warm": curl.warm, "pay": curl.pay}[command](*words)
            print(told, flush=True)


if __name__ == "__main__":
    main()
