"""Whether each gateway takes the keys that are in use."""

from typing import Annotated

import typer

from harness.cli.ops._asking import JsonOption, ask, read, show
from harness.cli.ops._gateways import Health
from harness.core.operating import OperatorAction

COLUMNS = ("gateway", "keys", "latency_ms", "trouble")


def command(
    replica: Annotated[str, typer.Option(help="Whose keys: api1 or api2.")] = "api1", as_json: JsonOption = False
) -> int:
    """Ask every gateway something that needs a key. Exit code 1 where a key was not taken, or nobody knows."""
    action = OperatorAction("gateway_health_check", "payment/gateway-health-check")
    answer = ask(action, replica=replica, name="verify-api-keys")
    show(answer, "gateways", COLUMNS, as_json=as_json)
    return 0 if all(item.keys == "taken" for item in read(answer, Health).gateways) else 1
