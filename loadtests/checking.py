"""Whether a job can be carried out, found before anything is started for it."""

import msgspec

from harness.core.errors import UsageError
from harness.core.plain import JsonObject
from loadtests.flows import discover
from loadtests.job import LoadJob, job_of
from loadtests.mapping import flows, wire_for


def check_document(document: JsonObject, told: str) -> None:
    """Raise `UsageError` where a user's job cannot be carried out; `told` is how messages call it."""
    job = job_of(msgspec.json.encode({**document, "run_dir": "."}), told)
    check_mix(job, told)
    try:
        wire_for(job)
    except UsageError as error:
        raise UsageError(f"{told}: adapter: {str(error).removeprefix('--adapter: ')}", hint=error.hint) from error


def check_mix(job: LoadJob, told: str) -> None:
    """Raise `UsageError` for a flow that there is not, or that an adapter has no words for."""
    known = flows(merchants=len(job.merchants)) if job.adapter else set(discover())
    if unknown := ", ".join(sorted(set(job.mix) - known)):
        what = f"an adapter has no words for {unknown}" if job.adapter else f"no flow named {unknown}"
        raise UsageError(f"{told}: mix: {what}", hint=f"valid: {', '.join(sorted(known))}")
