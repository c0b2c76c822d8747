"""Which locks are held on the platform's tables, and who waits for whom."""

from typing import Annotated

import typer

from harness.cli.ops._asking import JsonOption, ask, show
from harness.core.operating import OperatorAction

COLUMNS = ("relation", "mode", "pid", "process", "granted", "blocked_by")


def command(
    limit: Annotated[int, typer.Option(help="At most so many, those that wait first.")] = 100,
    as_json: JsonOption = False,
) -> int:
    """List locks on the platform's tables."""
    answer = ask(OperatorAction("locks", "system/locks", query={"limit": str(limit)}))
    show(answer, "locks", COLUMNS, as_json=as_json)
    return 0
