"""What the load did, in operations, from the clients' history and the generator's own account."""

from harness.core.evidence import Evidence
from harness.core.report import LoadResult
from harness.objectives.certificate import Certificate, load_certificate
from harness.objectives.workers import lost_workers

_NOBODY = Certificate(0, 0, 0, 0, 0, 0, 0.0, 0.0)

_OUTCOMES = """
    SELECT count(*) FILTER (oks > 0) AS ok, count(*) FILTER (oks = 0 AND unknowns = 0) AS failed,
        count(*) FILTER (oks = 0 AND unknowns > 0) AS unknown
    FROM (
        SELECT count(*) FILTER (outcome = 'OK') AS oks, count(*) FILTER (outcome = 'UNKNOWN') AS unknowns
        FROM history WHERE kind <> 'final_read' GROUP BY op
    )
"""


def load_result(evidence: Evidence) -> LoadResult:
    """Return the account of the load.

    `planned` and `dropped` count arrivals (errands), also those of workers that died; `ok`, `failed` and `unknown`
    count the operations that the arrivals came to, each with all its attempts: OK where one succeeded, unknown where
    none did and one is in doubt.
    """
    seen = {"ok": 0, "failed": 0, "unknown": 0}
    if evidence.has("history"):
        seen = evidence.rows(_OUTCOMES)[0]
    generator = load_certificate(evidence) or _NOBODY
    plan = evidence.plan["load"]
    lost = lost_workers(evidence)
    return LoadResult(
        planned=generator.planned + sum(item.planned or 0 for item in lost),
        ok=seen["ok"],
        failed=seen["failed"],
        unknown=seen["unknown"],
        dropped=generator.dropped,
        lag_p99_ms=generator.lag_p99_ms,
        rate_per_s=float(plan["rate_per_s"]),
        duration_s=float(plan["duration_s"]),
        workers=(generator.workers + len(lost)) or int(plan.get("workers", 1)),
        cpu_share_max=generator.cpu_share_max,
        lost=lost,
    )
