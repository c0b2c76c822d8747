"""How payments fare by payment method."""

from typing import Annotated

import typer

from harness.cli.ops._asking import JsonOption, ask, show
from harness.core.operating import OperatorAction

COLUMNS = ("payment_method", "tried", "succeeded", "declined", "failed", "open", "success_percent")


def command(
    last_h: Annotated[int, typer.Option(help="Of the last so many hours.")] = 24,
    limit: Annotated[int, typer.Option(help="At most so many, the worst first.")] = 100,
    as_json: JsonOption = False,
) -> int:
    """Show each payment method's success rate, the worst first."""
    query = {"last_h": str(last_h), "limit": str(limit)}
    answer = ask(OperatorAction("payment_method_success_rates", "payment/payment-method-success-rates", query=query))
    show(answer, "methods", COLUMNS, as_json=as_json)
    return 0
