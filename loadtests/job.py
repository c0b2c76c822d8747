"""The job that the harness hands to the load processes: who knocks, how often, where, and until when."""

import re
from collections.abc import Mapping
from itertools import pairwise
from pathlib import Path
from typing import Literal

import msgspec

from harness.core.addresses import parse_api_url
from harness.core.errors import UsageError

_VISIBLE = re.compile(r"[!-~]*")
"""What may stand in a header."""


class Merchant(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A shopkeeper: identity, key, currency, the form of its amounts, and whether one reference pays only once."""

    id: str
    api_key: str
    currency: str
    exponent: int
    amount_form: Literal["minor", "decimal"] = "minor"
    reference_policy: Literal["allowed", "unique"] = "allowed"


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


class Recording(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Arrivals that were recorded: when (microseconds after the start, in order), and of what.

    `kind` and `bucket` are places in the lists `kinds` (flows) and `buckets` ('' for any amount), one for each arrival.
    """

    offsets_us: list[int]
    kinds: list[str]
    kind: list[int]
    buckets: list[str]
    bucket: list[int]


class LoadJob(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One run's load, as `load.json` holds it.

    `start_at_us` (microseconds since the epoch) is when the plan's clock starts; 0 means with the first lane. With
    `await_start` the workers say that they are ready and are then told (`loadtests.starting`).
    `follow_deadline_s` bounds how long unknown outcomes are followed, and how long the load may outlast its plan.
    `worker` is the share of the plan of a worker that joined from another host (None: Locust's own number), and
    `clock_zero_us` what the harness's clock said at the zero of that host's CLOCK_MONOTONIC (0: its own clock).
    An `urgent` generator asks to be run before all else on its machine (`harness.provision.processes.urgency`).
    A `steered` load is told its rate while it runs (`loadtests.steering`), and has no end until it is told that too.
    `adapter` is the file that says how to speak to a system that is not ours; empty for the reference platform.
    With `recorded` arrivals come when those did, and `rate_per_s` and `mix` only describe them.
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
    steered: bool = False
    adapter: str = ""
    recorded: Recording | None = None

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
        data = path.read_bytes()
    except OSError as error:
        raise UsageError(f"load job {path}: {error.strerror}", hint="set FAULTLINE_LOAD_JOB to a job file") from error
    return job_of(data, f"load job {path}")


def job_of(data: bytes, told: str) -> LoadJob:
    """Return the job that this JSON is. Raises `UsageError` where it makes no sense; `told` is how messages call it."""
    try:
        job = msgspec.json.decode(data, type=LoadJob)
    except msgspec.MsgspecError as error:
        raise UsageError(f"{told}: {error}", hint=f"fields: {', '.join(LoadJob.__struct_fields__)}") from error
    problems = [*_problems(job), *_of_merchants(job), *_of_settings(job.settings), *_of_recorded(job.recorded)]
    if problems:
        raise UsageError(f"{told}: " + "; ".join(problems), hint="docs/scaling.md shows a job")
    for name, url in job.api_urls.items():
        parse_api_url(url, field=f"{told}: api_urls.{name}", tls=bool(job.adapter))
    return job


def _problems(job: LoadJob) -> list[str]:
    return _broken(
        {
            "rate_per_s must be positive": job.rate_per_s > 0,
            "duration_s must be positive": job.duration_s > 0,
            "mix needs a flow with a positive weight": sum(job.mix.values()) > 0 and min(job.mix.values()) >= 0,
            "api_urls needs at least one": bool(job.api_urls),
            "workers must be at least 1": job.workers >= 1,
            "worker must be below workers": job.worker is None or 0 <= job.worker < job.workers,
            "request_timeout_s must be positive": job.request_timeout_s > 0,
            "follow_deadline_s must not be negative": job.follow_deadline_s >= 0,
        }
    )


def _of_merchants(job: LoadJob) -> list[str]:
    least = 1 if job.adapter else 2
    return _broken(
        {
            "merchants needs at least two (one key is used at two merchants)": len(job.merchants) >= least,
            "merchants: each needs an id of its own": len({item.id for item in job.merchants}) == len(job.merchants),
            "merchants: exponent must be between 0 and 4": all(0 <= item.exponent <= 4 for item in job.merchants),
            "merchants: api_key must be visible ASCII": all(_VISIBLE.fullmatch(item.api_key) for item in job.merchants),
        }
    )


def _of_recorded(recorded: Recording | None) -> list[str]:
    if recorded is None:
        return []
    count = len(recorded.offsets_us)
    return _broken(
        {
            "recorded needs an arrival": count > 0,
            "recorded: one kind and one bucket for each arrival": len(recorded.kind) == len(recorded.bucket) == count,
            "recorded: offsets_us must be in order, from 0 on": all(
                0 <= earlier <= later for earlier, later in pairwise([0, *recorded.offsets_us])
            ),
            "recorded: kind must be a place in kinds": all(0 <= place < len(recorded.kinds) for place in recorded.kind),
            "recorded: bucket must be a place in buckets": all(
                0 <= place < len(recorded.buckets) for place in recorded.bucket
            ),
        }
    )


def _of_settings(settings: Settings) -> list[str]:
    pauses = ("backoff_s", "backoff_max_s", "poll_max_s", "stop_grace_s")
    return _broken(
        {
            "settings.attempts must be at least 1": settings.attempts >= 1,
            "settings.max_in_flight must be at least 1": settings.max_in_flight >= 1,
            "settings.max_queued must not be negative": settings.max_queued >= 0,
            "settings.poll_s must be positive": settings.poll_s > 0,
            "settings.key_tag must be visible ASCII": bool(_VISIBLE.fullmatch(settings.key_tag)),
            **{f"settings.{name} must not be negative": getattr(settings, name) >= 0 for name in pauses},
        }
    )


def _broken(checks: Mapping[str, bool]) -> list[str]:
    return [what for what, fine in checks.items() if not fine]
