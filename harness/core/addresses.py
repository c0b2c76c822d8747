"""Where an API is: the forms of address that the load can send to."""

import re

from harness.core.errors import UsageError

_URL = re.compile(r"(?P<scheme>https?)://(?P<host>[A-Za-z0-9._-]+)(?::(?P<port>[0-9]{1,5}))?/*")


def parse_api_url(text: str, *, field: str, tls: bool = False) -> tuple[str, int]:
    """Return (host, port) of `http://HOST[:PORT]`, or of `https://HOST[:PORT]` where `tls` allows it.

    Raises `UsageError` naming the field for anything else.
    """
    match = _URL.fullmatch(text)
    secure = match is not None and match["scheme"] == "https"
    port = int(match["port"] or (443 if secure else 80)) if match else 0
    if match is None or not 1 <= port < 2**16 or (secure and not tls):
        raise UsageError(
            f"{field}: {text!r} is not http{'[s]' if tls else ''}://HOST:PORT",
            hint=f"without a path{'' if tls else ' and without TLS'}, for example http://10.0.0.5:21001",
        )
    return match["host"], port


def is_tls(url: str) -> bool:
    """Tell whether an address that `parse_api_url` takes is spoken to over TLS."""
    return url.startswith("https://")
