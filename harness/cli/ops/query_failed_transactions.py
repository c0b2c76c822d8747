"""Which operations failed lately, and what they have in common."""

from typing import Annotated

import typer

from harness.cli.ops._asking import JsonOption, ask, show
from harness.core.operating import OperatorAction

PATTERNS = ("count", "kind", "state", "gateway", "code", "payment_method")


def command(
    last_h: Annotated[int, typer.Option(help="Of the last so many hours.")] = 1,
    limit: Annotated[int, typer.Option(help="At most so many transactions, newest first (with --json).")] = 100,
    as_json: JsonOption = False,
) -> int:
    """Count failed, declined and undecided operations by what they have in common; --json lists each."""
    query = {"last_h": str(last_h), "limit": str(limit)}
    answer = ask(OperatorAction("query_failed_transactions", "payment/query-failed-transactions", query=query))
    show(answer, "patterns", PATTERNS, as_json=as_json)
    return 0
