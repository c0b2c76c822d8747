"""The other side of the comparison: the same payment POST by Locust's own FastHttpUser, as its manual shows it."""

import json
import os
import time
from itertools import count
from pathlib import Path

from locust import FastHttpUser, constant, events, task
from locust.env import Environment

_numbers = count()
_started: dict[str, float] = {}


class Shopper(FastHttpUser):
    """Pays again and again."""

    wait_time = constant(0)

    @task
    def pay(self) -> None:
        """Send one payment under a key of its own and read the answer."""
        number = next(_numbers)
        body = {
            "amount_minor": 1_999,
            "currency": "EUR",
            "payment_method": "pm_card_visa",
            "capture": "automatic",
            "merchant_reference": f"bench-{number}",
        }
        headers = {"Authorization": "Bearer k", "Idempotency-Key": f"bench-{number}"}
        assert self.client.post("/v1/payments", json=body, headers=headers).json()["status"] == "captured"


def on_start(environment: Environment, **_: object) -> None:
    """Start the clocks."""
    _started.update(wall_s=time.monotonic(), cpu_s=time.process_time())


def on_stopping(environment: Environment, **_: object) -> None:
    """Write down what was done and what it cost."""
    figures = {
        "requests": environment.stats.total.num_requests,
        "wall_s": time.monotonic() - _started["wall_s"],
        "cpu_s": time.process_time() - _started["cpu_s"],
    }
    Path(os.environ["BENCH_OUT"]).write_text(json.dumps(figures))


events.test_start.add_listener(on_start)  # type: ignore[no-untyped-call]
events.test_stopping.add_listener(on_stopping)  # type: ignore[no-untyped-call]
