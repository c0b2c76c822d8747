"""The job that the harness hands to the load processes: who knocks, how often, where, and until when."""

from pathlib import Path
from typing import Literal

import msgspec

from harness.core.errors import UsageError


class Merchant(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A shopkeeper: identity, key, currency, and whether its requests carry integers or decimal strings."""

    id: str
    api_key: str
    currency: str
    exponent: int
    amount_form: Literal["minor", "decimal"] = "minor"


class Settings(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What may be tuned. Units are in the names.

    `max_in_flight` arrivals are worked on at once in each worker, `max_queued` more wait for their turn; beyond that
    arrivals are dropped and counted. `attempts` is how often one operation is sent at most. `key_tag` starts every
    idempotency key and reference (default: `s<seed>`), so that two runs on one platform can be kept apart.
    """

    max_in_flight: int = 2_000
    max_queued: int = 20_000
    attempts: int = 4
    backoff_s: float = 0.2
    backoff_max_s: float = 2.0
    poll_s: float = 0.25
    poll_max_s: float = 1.5
    stop_grace_s: float = 1.5
    key_tag: str = ""


class LoadJob(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One run's load, as `load.json` holds it.

    `start_at_us` (microseconds since the epoch) is when the plan's clock starts; 0 means with the first lane. With
    `await_start` the workers say that they are ready and are then told (`loadtests.starting`).
    `follow_deadline_s` bounds how long unknown outcomes are followed, and how long the load may outlast its plan.
    `worker` is the share of the plan of a worker that joined from another host (None: Locust's own number), and
    `clock_zero_us` what the harness's clock said at the zero of that host's CLOCK_MONOTONIC (0: its own clock).
    An `urgent` generator asks to be run before all else on its machine (`loadtests.engine.urgency`).
    `adapter` is the file that says how to speak to a system that is not ours; empty for the reference platform.
    """

    run_dir: str
    seed: int
    rate_per_s: float
    duration_s: float
    mix: dict[str, float]
    api_urls: dict[str, str]
    merchants: list[Merchant]
    start_at_us: int = 0
    await_start: bool = False
    workers: int = 1
    request_timeout_s: float = 5.0
    follow_deadline_s: float = 20.0
    settings: Settings = Settings()
    worker: int | None = None
    clock_zero_us: int = 0
    urgent: bool = False
    adapter: str = ""

    @property
    def tag(self) -> str:
        """What every idempotency key and reference of this load starts with."""
        return self.settings.key_tag or f"s{self.seed}"

    @property
    def raw(self) -> Path:
        """The folder that the load processes write to."""
        return Path(self.run_dir) / "raw"


def read_job(path: Path) -> LoadJob:
    """Return the job in `path`. Raises `UsageError` where it cannot be read or makes no sense."""
    try:
        job = msgspec.json.decode(path.read_bytes(), type=LoadJob)
    except OSError as error:
        raise UsageError(f"load job {path}: {error.strerror}", hint="set FAULTLINE_LOAD_JOB to a job file") from error
    except msgspec.MsgspecError as error:
        raise UsageError(f"load job {path}: {error}", hint="see loadtests/job.py for its fields") from error
    problems = list(_problems(job))
    if problems:
        raise UsageError(f"load job {path}: " + "; ".join(problems))
    return job


def _problems(job: LoadJob) -> list[str]:
    least = 1 if job.adapter else 2
    checks = {
        "rate_per_s must be positive": job.rate_per_s > 0,
        "duration_s must be positive": job.duration_s > 0,
        "mix needs a flow with a positive weight": sum(job.mix.values()) > 0 and min(job.mix.values()) >= 0,
        "merchants needs at least two (one key is used at two merchants)": len(job.merchants) >= least,
        "api_urls needs at least one": bool(job.api_urls),
        "workers must be at least 1": job.workers >= 1,
        "worker must be below workers": job.worker is None or 0 <= job.worker < job.workers,
        "settings.attempts must be at least 1": job.settings.attempts >= 1,
        "settings.max_in_flight must be at least 1": job.settings.max_in_flight >= 1,
    }
    return [what for what, fine in checks.items() if not fine]
