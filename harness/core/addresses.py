"""Where an API is: the one form of address that the load can send to."""

import re

from harness.core.errors import UsageError

_URL = re.compile(r"http://(?P<host>[A-Za-z0-9._-]+)(?::(?P<port>[0-9]{1,5}))?/*")


def parse_api_url(text: str, *, field: str) -> tuple[str, int]:
    """Return (host, port) of `http://HOST[:PORT]`. Raises `UsageError` naming the field for anything else."""
    match = _URL.fullmatch(text)
    port = int(match["port"] or 80) if match else 0
    if match is None or not 1 <= port < 2**16:
        raise UsageError(
            f"{field}: {text!r} is not http://HOST:PORT",
            hint="without a path and without TLS, for example http://10.0.0.5:21001",
        )
    return match["host"], port
