"""Who did what with the platform in a month."""

from typing import Annotated

import typer

from harness.cli.ops._asking import JsonOption, ask, show
from harness.core.operating import OperatorAction

COLUMNS = ("action", "actor", "outcome", "count", "first_at_us", "last_at_us")


def command(
    month: Annotated[str, typer.Option(help="Which month, by UTC: 2026-05.")],
    limit: Annotated[int, typer.Option(help="At most so many rows, the oldest first (with --json).")] = 1000,
    as_json: JsonOption = False,
) -> int:
    """Count a month's actions by who did them and how they ended; --json lists each row of the audit."""
    query = {"month": month, "limit": str(limit)}
    answer = ask(OperatorAction("generate_pci_audit_report", "payment/generate-pci-audit-report", query=query))
    show(answer, "actions", COLUMNS, as_json=as_json, head=f"{month}, by UTC")
    return 0
