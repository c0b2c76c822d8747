"""Compare a gateway's feed with the platform's books, and repair what is safe."""

from typing import Annotated

import typer

from harness.cli.ops._asking import JsonOption, ask, show
from harness.core.operating import OperatorAction

COLUMNS = ("kind", "state", "action", "ours", "theirs", "amount_minor", "their_amount_minor", "currency", "payment_id",
           "reason")  # fmt: skip


def command(
    gateway: Annotated[str, typer.Option(help="stripe or paypal.")],
    start: Annotated[
        str | None, typer.Option("--from", help="From then on: 2026-01-31 (UTC) or ...T09:00:00Z.")
    ] = None,
    end: Annotated[str | None, typer.Option("--to", help="Until then, in the same forms; now if left out.")] = None,
    date: Annotated[str | None, typer.Option(help="One whole day (UTC), instead of --from and --to.")] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Show the breaks and what would be done.")] = False,
    as_json: JsonOption = False,
) -> int:
    """Reconcile a gateway's transaction feed with attempts and postings: breaks as a table, or as JSON."""
    given = {"gateway": gateway, "from": start, "to": end, "date": date, "dryRun": dry_run}
    body = {name: value for name, value in given.items() if value is not None}
    answer = ask(OperatorAction("reconcile_payments", "payment/reconcile-payments", body), name="reconcile")
    head = (
        f"{answer['run_id']}: {answer['gateway']} {answer['from']} to {answer['to']}, {answer['feed_lines']} lines, "
        f"{answer['attempts_compared']} attempts, {answer['repairs']} repairs, {answer['left_to_people']} for people"
        + (" (dry run: nothing was changed)" if answer["dry_run"] else "")
    )
    show(answer, "breaks", COLUMNS, as_json=as_json, head=head)
    return 0
