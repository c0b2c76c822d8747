"""Whether each gateway answers and takes our keys."""

import json
import sys
from typing import Annotated

import typer

from harness.cli.ops._asking import JsonOption, ask, read, table
from harness.cli.ops._gateways import Asked, Health
from harness.core.operating import OperatorAction
from harness.core.plain import Row

COLUMNS = ("gateway", "answer", "latency_ms", "charge breaker", "modify breaker", "primary", "trouble")


def command(
    gateway: Annotated[str, typer.Option(help="Only this one.")] = "",
    replica: Annotated[str, typer.Option(help="Asked by which replica: api1 or api2.")] = "api1",
    as_json: JsonOption = False,
) -> int:
    """Ask every gateway for its feed of the last second. Exit code 1 where one gave no answer."""
    query = {"gateway": gateway} if gateway else {}
    answer = ask(OperatorAction("gateway_health_check", "payment/gateway-health-check", query=query), replica=replica)
    told = read(answer, Health).gateways
    if as_json:
        sys.stdout.write(json.dumps(answer, indent=2) + "\n")
    else:
        sys.stdout.write(table([_row(item) for item in told], COLUMNS))
    return 0 if all(item.answer == "yes" for item in told) else 1


def _row(item: Asked) -> Row:
    breakers = {f"{name} breaker": state for name, state in item.breakers.items()}
    answered: Row = {"gateway": item.gateway, "answer": item.answer, "latency_ms": item.latency_ms}
    return {**answered, **breakers, "primary": item.primary, "trouble": item.trouble}
