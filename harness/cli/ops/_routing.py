"""What the commands that change the routing print."""

import json
import sys

import msgspec

from harness.cli.ops._asking import read
from harness.core.plain import JsonObject


class _Routing(msgspec.Struct):
    """Which gateway is asked first and then, and who does not know it yet."""

    primary_gateway: str
    fallback_gateway: str
    fallback_enabled: bool
    version: int
    acknowledged: bool
    laggards: list[str]


def show_routing(body: JsonObject, *, as_json: bool) -> None:
    """Print which gateway is asked first and then, and who does not know it yet."""
    told = read(body, _Routing)
    then = f"then {told.fallback_gateway}" if told.fallback_enabled else "no other"
    late = "" if told.acknowledged else f"; not acknowledged by {', '.join(told.laggards)}"
    text = f"routing {told.version}: first {told.primary_gateway}, {then}{late}"
    sys.stdout.write(json.dumps(body, indent=2) + "\n" if as_json else text + "\n")
