"""What the gateway says about a transaction, beside what the platform says."""

import json
import sys
from typing import Annotated

import typer

from harness.cli.ops._asking import JsonOption, ask, table
from harness.core.operating import OperatorAction

COLUMNS = ("attempt_id", "kind", "gateway", "ours", "gateway says", "code", "amount_minor", "currency")


def command(
    transaction_id: Annotated[str, typer.Option(help="pay_..., op_... or att_...")],
    as_json: JsonOption = False,
) -> int:
    """Ask the gateway about a transaction. Changes nothing; an answer of not_found proves nothing."""
    query = {"transaction_id": transaction_id}
    answer = ask(OperatorAction("check_gateway_transaction", "payment/check-gateway-transaction", query=query))
    if as_json:
        sys.stdout.write(json.dumps(answer, indent=2) + "\n")
        return 0
    rows = [
        {**attempt, **attempt["theirs"], "ours": attempt["ours"]["state"], "gateway says": attempt["theirs"]["verdict"]}
        for attempt in answer["attempts"]
    ]
    sys.stdout.write(table(rows, COLUMNS))
    return 0
