"""A payment that one gateway certainly did not take may go to another again."""

from harness.cli.ops._asking import JsonOption, ask
from harness.cli.ops._routing import show_routing
from harness.core.operating import OperatorAction


def command(as_json: JsonOption = False) -> int:
    """Let payments go to another gateway where the first certainly did nothing."""
    action = OperatorAction("enable_fallback_gateway", "system/enable-fallback-gateway", {})
    show_routing(ask(action), as_json=as_json)
    return 0
