"""The job that a run hands to its load processes, with the merchants' test keys."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from harness.core.load import Load
from harness.core.target import Target
from harness.workspace import write_private

FOLLOW_DEADLINE_S = 20.0
"""How long the load goes on asking about payments whose fate is unknown, after the last arrival."""

REQUEST_TIMEOUT_S = 5.0


def write_job(
    job: Path,
    folder: Path,
    load: Load,
    target: Target,
    *,
    seed: int,
    workers: int,
    follow_deadline_s: float = FOLLOW_DEADLINE_S,
    steered: bool = False,
    replicas: Sequence[str] = (),
) -> Path:
    """Write the load's job for the run in `folder` and return its path.

    A `steered` load is told its rate while it runs (`loadtests.steering`). It is sent to `replicas` alone, where any
    are named, as a load balancer does that has taken the others out.
    It holds the merchants' test keys: mode 600, and in the workspace, where the guard removes it behind a dead harness.
    """
    document: dict[str, Any] = {
        "run_dir": str(folder),
        "seed": seed,
        "rate_per_s": load.rate_per_s,
        "duration_s": load.duration_s,
        "mix": dict(load.mix),
        "settings": dict(load.settings),
        "api_urls": {name: url for name, url in target.api_urls.items() if not replicas or name in replicas},
        "merchants": [
            {
                "id": merchant.id,
                "api_key": merchant.api_key,
                "currency": merchant.currency,
                "exponent": merchant.exponent,
                "amount_form": merchant.amount_form,
                "reference_policy": merchant.reference_policy,
            }
            for merchant in target.merchants
        ],
        "await_start": True,
        "urgent": True,
        "steered": steered,
        "workers": workers,
        "request_timeout_s": REQUEST_TIMEOUT_S,
        "follow_deadline_s": follow_deadline_s,
    }
    if load.recorded is not None:
        document["recorded"] = load.recorded.job()
    extras = dict(target.load_extras)
    document["settings"].update(extras.pop("settings", {}))
    document.update(extras)
    write_private(job, document)
    return job
