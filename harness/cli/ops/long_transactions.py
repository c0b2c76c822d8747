"""Which transactions keep the database busy the longest."""

from typing import Annotated

import typer

from harness.cli.ops._asking import JsonOption, ask, show
from harness.core.operating import OperatorAction

COLUMNS = ("pid", "process", "state", "duration_ms", "wait_event_type", "wait_event", "query")


def command(
    at_least_ms: Annotated[int, typer.Option(help="Only those that last so many milliseconds.")] = 0,
    limit: Annotated[int, typer.Option(help="At most so many.")] = 10,
    as_json: JsonOption = False,
) -> int:
    """List open transactions, the longest first."""
    query = {"at_least_ms": str(at_least_ms), "limit": str(limit)}
    answer = ask(OperatorAction("long_transactions", "system/long-transactions", query=query))
    show(answer, "transactions", COLUMNS, as_json=as_json)
    return 0
