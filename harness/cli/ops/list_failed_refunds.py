"""Which refunds did not reach their customers."""

from typing import Annotated

import typer

from harness.cli.ops._asking import JsonOption, ask, show
from harness.core.operating import OperatorAction

COLUMNS = ("refund_id", "payment_id", "status", "state", "gateway", "code", "amount_minor", "currency", "reference")


def command(
    last_h: Annotated[int, typer.Option(help="Of the last so many hours.")] = 24,
    limit: Annotated[int, typer.Option(help="At most so many, newest first.")] = 100,
    as_json: JsonOption = False,
) -> int:
    """List refunds that failed, or whose fate is unknown, newest first."""
    query = {"last_h": str(last_h), "limit": str(limit)}
    answer = ask(OperatorAction("list_failed_refunds", "payment/list-failed-refunds", query=query))
    show(answer, "refunds", COLUMNS, as_json=as_json)
    return 0
