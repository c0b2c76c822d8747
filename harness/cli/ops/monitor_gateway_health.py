"""Whether a gateway is back: asked again and again, for a while."""

import sys
import time
from typing import Annotated

import typer

from harness.cli.ops._asking import ask, read
from harness.cli.ops._gateways import Health
from harness.core.errors import UsageError
from harness.core.operating import OperatorAction

LONGEST_S = 3600.0


def command(
    gateway: Annotated[str, typer.Option(help="Which one.")],
    every_s: Annotated[float, typer.Option(help="How often it is asked.")] = 2.0,
    for_s: Annotated[float, typer.Option(help="For how long at most.")] = 60.0,
    good: Annotated[int, typer.Option(help="How many good answers in a row mean that it is back.")] = 3,
) -> int:
    """Ask until a gateway gave so many good answers in a row (exit code 0), or the time is over (1)."""
    if not (0.2 <= every_s <= for_s <= LONGEST_S and good >= 1):
        raise UsageError(
            "--every-s, --for-s, --good do not fit together",
            hint=f"0.2 <= --every-s <= --for-s <= {LONGEST_S:g}, --good at least 1",
        )
    action = OperatorAction("gateway_health_check", "payment/gateway-health-check", query={"gateway": gateway})
    began, in_a_row = time.monotonic(), 0
    while True:
        (row,) = read(ask(action, name="monitor-gateway-health"), Health).gateways
        in_a_row = in_a_row + 1 if row.answer == "yes" else 0
        breakers = ", ".join(f"{name} {state}" for name, state in sorted(row.breakers.items()))
        told = f"{row.answer:3}  {row.latency_ms} ms  {breakers}  {row.trouble or ''}".rstrip()
        sys.stdout.write(f"{time.monotonic() - began:6.1f} s  {gateway}  {told}\n")
        sys.stdout.flush()
        if in_a_row >= good:
            return 0
        if time.monotonic() - began + every_s > for_s:
            return 1
        time.sleep(every_s)
