"""A run's load on several hosts: workers that join it, one clock for all of them, their histories in one folder.

`server` belongs to the run, `host` to each machine that joins; `messages` is what they say to each other over HTTP.
Locust's own master and workers talk beside this, on the next port.
"""

from harness.joining.gathering import DEFAULT_BIND, TOKEN_VARIABLE, Gathering, make_gathering, parse_address
from harness.joining.host import Joining, join
from harness.joining.server import JoinServer, check_free

__all__ = [
    "DEFAULT_BIND",
    "TOKEN_VARIABLE",
    "Gathering",
    "JoinServer",
    "Joining",
    "check_free",
    "join",
    "make_gathering",
    "parse_address",
]
