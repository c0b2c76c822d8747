"""How long gateways took lately."""

from typing import Annotated

import typer

from harness.cli.ops._asking import JsonOption, ask, show
from harness.core.operating import OperatorAction

COLUMNS = ("gateway", "kind", "calls", "p50_ms", "p95_ms", "max_ms", "not_by_reply")


def command(
    last_min: Annotated[int, typer.Option(help="Of the last so many minutes.")] = 15, as_json: JsonOption = False
) -> int:
    """Show how long calls took, from their first byte until they were decided, by gateway and kind."""
    query = {"last_min": str(last_min)}
    answer = ask(OperatorAction("gateway_latency_check", "payment/gateway-latency-check", query=query))
    show(answer, "calls", COLUMNS, as_json=as_json)
    return 0
