"""Close a stuck transaction as its gateway proves it, in the name of two people."""

import json
import sys
from typing import Annotated

import typer

from harness.cli.ops._asking import JsonOption, ask
from harness.core.operating import OperatorAction


def command(
    transaction_id: Annotated[str, typer.Option(help="pay_..., op_... or att_...")],
    status: Annotated[str, typer.Option(help="completed or failed: what you believe, to be proven by the gateway.")],
    reason: Annotated[str, typer.Option(help="Why, in at least ten characters; it goes to the audit.")],
    requested_by: Annotated[str, typer.Option(help="Who wants it.")],
    approved_by: Annotated[str, typer.Option(help="Who agreed: another person.")],
    as_json: JsonOption = False,
) -> int:
    """Close a stuck transaction. Refused (exit code 1) where the gateway's own books say otherwise, or say nothing."""
    body = {"transactionId": transaction_id, "status": status, "reason": reason, "requestedBy": requested_by,
            "approvedBy": approved_by}  # fmt: skip
    answer = ask(OperatorAction("resolve_stuck_transaction", "payment/resolve-stuck-transaction", body))
    if as_json:
        sys.stdout.write(json.dumps(answer, indent=2) + "\n")
    else:
        told = f"{answer['transaction_id']}: attempt {answer['attempt_id']} is {answer['state']}"
        sys.stdout.write(f"{told} (proven by {answer['evidence']})\n")
    return 0
