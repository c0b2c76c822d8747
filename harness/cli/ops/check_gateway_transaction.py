"""What the gateway says about a transaction, beside what the platform says."""

import json
import sys
from typing import Annotated

import msgspec
import typer

from harness.cli.ops._asking import JsonOption, ask, read, table
from harness.core.operating import OperatorAction
from harness.core.plain import Cell

COLUMNS = ("attempt_id", "kind", "gateway", "ours", "gateway says", "code", "amount_minor", "currency")


class _Ours(msgspec.Struct):
    state: str


class _Attempt(msgspec.Struct):
    """An attempt: what our books say of it, and what its gateway says, with the gateway's amount."""

    attempt_id: str
    kind: str
    gateway: str
    ours: _Ours
    theirs: dict[str, Cell]


class _Answer(msgspec.Struct):
    attempts: list[_Attempt]


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
        {
            "attempt_id": attempt.attempt_id,
            "kind": attempt.kind,
            "gateway": attempt.gateway,
            "ours": attempt.ours.state,
            "gateway says": attempt.theirs["verdict"],
            **attempt.theirs,
        }
        for attempt in read(answer, _Answer).attempts
    ]
    sys.stdout.write(table(rows, COLUMNS))
    return 0
