"""Record a chargeback that somebody was told of, as its gateway proves it."""

import json
import sys
from typing import Annotated

import typer

from harness.cli.ops._asking import JsonOption, ask
from harness.core.operating import OperatorAction
from harness.core.plain import Plain


def command(
    transaction_id: Annotated[str, typer.Option(help="pay_..., op_... or att_...")],
    reference: Annotated[str, typer.Option(help="Of the chargeback; recording it again changes nothing.")],
    amount_minor: Annotated[int, typer.Option(help="How much was charged back, in minor units.")],
    reason: Annotated[str, typer.Option(help="Why, for the audit.")],
    as_json: JsonOption = False,
) -> int:
    """Record a chargeback. Refused (exit code 1) where the gateway's own books do not have it."""
    body: dict[str, Plain] = {"chargebackReference": reference, "amount": amount_minor, "reason": reason}
    answer = ask(OperatorAction("chargeback", f"payment/transactions/{transaction_id}/chargeback", body))
    if as_json:
        sys.stdout.write(json.dumps(answer, indent=2) + "\n")
    else:
        told = f"{answer['chargeback_reference']}: {answer['gateway']}'s {answer['dispute']} is {answer['state']}"
        sys.stdout.write(f"{told}, {answer['amount_minor']} {answer['currency']} ({answer['outcome']})\n")
    return 0
