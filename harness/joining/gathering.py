"""Where a run's load is gathered: the address that hosts join, how many workers it waits for, and the shared secret."""

import ipaddress
import os
import re
import secrets
from collections.abc import Mapping
from dataclasses import dataclass

from harness.core.errors import UsageError

TOKEN_VARIABLE = "FAULTLINE_JOIN_TOKEN"
DEFAULT_BIND = "127.0.0.1:7557"
MAX_JOINED = 64
_TOKEN = re.compile(r"[!-~]{12,200}")


@dataclass(frozen=True)
class Gathering:
    """A load that `workers` processes of other hosts make. `token` is what they must know.

    The join server listens on `host:port`, Locust's master on the port after it.
    """

    host: str
    port: int
    workers: int
    token: str

    @property
    def master_port(self) -> int:
        """Where Locust's own master listens."""
        return self.port + 1

    @property
    def loopback(self) -> bool:
        """Whether only this machine can join."""
        try:
            return ipaddress.ip_address(self.host).is_loopback
        except ValueError:
            return self.host == "localhost"

    @property
    def command(self) -> str:
        """What to type on the other hosts."""
        where = "HOST" if self.host in ("0.0.0.0", "::") else self.host
        return f"{TOKEN_VARIABLE}={self.token} faultline join {where}:{self.port}"


def make_gathering(workers: int, bind: str, environ: Mapping[str, str] = os.environ) -> Gathering:
    """Return the gathering that the command line asked for, with the token of the environment or a new one.

    Raises `UsageError` for a number of workers, an address or a token that makes no sense.
    """
    if not 1 <= workers <= MAX_JOINED:
        raise UsageError(f"--expect-workers: {workers} is not between 1 and {MAX_JOINED}")
    host, port = parse_address(bind, field="--load-bind")
    return Gathering(host, port, workers, chosen_token(environ) or secrets.token_urlsafe(18))


def chosen_token(environ: Mapping[str, str] = os.environ) -> str:
    """Return the token that the environment names, '' where it names none. Raises `UsageError` for one that is weak."""
    token = environ.get(TOKEN_VARIABLE, "")
    if token and not _TOKEN.fullmatch(token):
        raise UsageError(
            f"{TOKEN_VARIABLE} must be 12 to 200 visible ASCII characters",
            hint="leave it out of the run's environment, and the run makes one and prints it",
        )
    return token


def parse_address(text: str, *, field: str) -> tuple[str, int]:
    """Return (host, port) of `HOST:PORT`. Raises `UsageError` naming the field; the next port must exist too."""
    host, colon, port = text.strip().rpartition(":")
    host = host.removeprefix("[").removesuffix("]")
    if not (colon and host and port.isdecimal() and 1024 <= int(port) < 2**16 - 1):
        raise UsageError(
            f"{field}: {text!r} is not HOST:PORT with a port from 1024 to 65534",
            hint=f"for example {DEFAULT_BIND}; the port after it is used too",
        )
    return host, int(port)
