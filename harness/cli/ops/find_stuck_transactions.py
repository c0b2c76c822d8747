"""Which payments wait for an outcome that does not come."""

from typing import Annotated

import typer

from harness.cli.ops._asking import JsonOption, ask, show
from harness.core.operating import OperatorAction

COLUMNS = ("payment_id", "kind", "gateway", "state", "age_s", "amount_minor", "currency", "checks", "misses",
           "manual_reason")  # fmt: skip


def command(
    older_than_s: Annotated[int, typer.Option(help="Only those older than so many seconds.")] = 60,
    limit: Annotated[int, typer.Option(help="At most so many, oldest first.")] = 100,
    as_json: JsonOption = False,
) -> int:
    """List transactions without an outcome, oldest first, those in the manual queue among them."""
    query = {"older_than_s": str(older_than_s), "limit": str(limit)}
    answer = ask(OperatorAction("find_stuck_transactions", "payment/find-stuck-transactions", query=query))
    show(answer, "transactions", COLUMNS, as_json=as_json)
    return 0
