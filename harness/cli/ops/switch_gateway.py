"""Another gateway is asked first."""

from typing import Annotated

import typer

from harness.cli.ops._asking import JsonOption, ask
from harness.cli.ops._routing import show_routing
from harness.core.operating import OperatorAction


def command(
    primary_gateway: Annotated[str, typer.Option(help="The gateway that new charges go to first.")],
    reason: Annotated[str, typer.Option(help="Why; it is in the audit.")],
    as_json: JsonOption = False,
) -> int:
    """Ask another gateway first, in every process."""
    body = {"primaryGateway": primary_gateway, "reason": reason}
    show_routing(ask(OperatorAction("switch_gateway", "payment/switch-gateway", body)), as_json=as_json)
    return 0
