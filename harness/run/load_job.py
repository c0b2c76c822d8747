"""The job that a run hands to its load processes, with the merchants' test keys."""

from collections.abc import Sequence
from pathlib import Path

from harness.core.load import Load
from harness.core.plain import JsonObject
from harness.core.target import Target
from harness.workspace import write_private

FOLLOW_DEADLINE_S = 20.0
"""How long the load goes on asking about payments whose fate is unknown, after the last arrival."""

REQUEST_TIMEOUT_S = 5.0


def patience_s(target: Target) -> float:
    """Return how long the load waits for one answer of this target."""
    told_s = target.load_extras.request_timeout_s
    return REQUEST_TIMEOUT_S if told_s is None else told_s


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
    extras = target.load_extras
    document: JsonObject = {
        "run_dir": str(folder),
        "seed": seed,
        "rate_per_s": load.rate_per_s,
        "duration_s": load.duration_s,
        "mix": dict(load.mix),
        "settings": {**load.settings, **extras.settings},
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
        "request_timeout_s": patience_s(target),
        "follow_deadline_s": follow_deadline_s,
    }
    if load.recorded is not None:
        document["recorded"] = load.recorded.job()
    if extras.adapter:
        document["adapter"] = extras.adapter
    write_private(job, document)
    return job
