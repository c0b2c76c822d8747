"""Payments go to the primary gateway and nowhere else."""

from harness.cli.ops._asking import JsonOption, ask
from harness.cli.ops._routing import show_routing
from harness.core.operating import OperatorAction


def command(as_json: JsonOption = False) -> int:
    """Let payments go to the primary gateway only."""
    action = OperatorAction("disable_fallback_gateway", "system/disable-fallback-gateway", {})
    show_routing(ask(action), as_json=as_json)
    return 0
