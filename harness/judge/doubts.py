"""Reasons not to believe a run. Each doubt is one sentence; any of them makes the run INCONCLUSIVE."""

import json
from collections.abc import Iterator, Sequence

from harness.core.evidence import Evidence
from harness.core.report import FaultResult, LoadResult
from harness.objectives.certificate import generator_faults, load_certificate
from harness.objectives.single_copy import single_copy
from harness.objectives.starvation import proxy_faults
from harness.objectives.workers import lost_workers

SUCCESS_SHARE_BEFORE = 0.3
"""Operations that succeed before the fault, as a share of the arrivals planned until then."""
EXPECTED_BEFORE_MIN = 5
"""With fewer arrivals planned before the fault no rate can be demanded."""


def doubts(evidence: Evidence, load: LoadResult, faults: Sequence[FaultResult]) -> list[str]:
    """Return every reason to doubt this run, as sentences."""
    return [
        *_interrupted(evidence),
        *_stood_still(evidence),
        *proxy_faults(evidence),
        *_load(evidence, load),
        *_before(evidence),
        *_faults(evidence, faults),
        *_phases(evidence),
        *_merged(evidence),
        *_counted(evidence),
        *_controls(evidence),
        *_bug(evidence),
        *_durability(evidence),
    ]


def safety_doubts(evidence: Evidence, faults: Sequence[FaultResult]) -> list[str]:
    """Return every reason to doubt what is said of the money, as sentences, and none that only concerns times."""
    return [
        *_interrupted(evidence),
        *_stood_still(evidence),
        *_faults(evidence, faults),
        *_phases(evidence),
        *_merged(evidence),
        *_counted(evidence),
        *_controls(evidence),
        *_durability(evidence),
    ]


def interrupted(evidence: Evidence) -> bool:
    """Tell whether this run was ended before its time: somebody stopped it, or its guard took the harness for dead."""
    return bool(evidence.events_of("interrupted", "stood_still"))


def _interrupted(evidence: Evidence) -> Iterator[str]:
    for event in evidence.events_of("interrupted")[:1]:
        after_s = max(0.0, (event.at_us - evidence.t0_us) / 1e6)
        yield (
            f"the run was interrupted ({event.detail.get('signal', 'by hand')}) {after_s:.1f} s after the load began, "
            "so everything here is partial"
        )


def _stood_still(evidence: Evidence) -> Iterator[str]:
    for event in evidence.events_of("stood_still")[:1]:
        until_s = max(0.0, (event.at_us - evidence.t0_us) / 1e6)
        yield (
            f"the harness stood still for about {float(event.detail.get('seconds') or 0):.0f} s, until {until_s:.1f} s "
            "after the load began, and its guard healed every fault and ended the load, so everything here is partial"
        )


def _load(evidence: Evidence, load: LoadResult) -> Iterator[str]:
    minimum = int(evidence.plan["load"].get("minimum_ok", 1))
    if load.ok < minimum:
        yield f"too little succeeded to mean anything: {load.ok} operations, at least {minimum} needed"
    yield from generator_faults(evidence)
    certificate = load_certificate(evidence)
    if certificate is None:
        return
    wanted = int(evidence.plan["load"].get("workers", 1))
    if certificate.workers + len(load.lost) < wanted:
        yield f"only {certificate.workers} of {wanted} load workers left an account of themselves"


def _before(evidence: Evidence) -> Iterator[str]:
    """A fault on a platform that was not working proves nothing."""
    if not evidence.fault_windows() or not evidence.has("history"):
        return
    until_s = (evidence.first_fault_us - evidence.t0_us) / 1e6
    expected = until_s * float(evidence.plan["load"]["rate_per_s"])
    if evidence.plan["load"].get("arrivals"):  # recorded ones come when they came
        expected = evidence.count(
            "SELECT count(DISTINCT arrival) FROM history WHERE due_us < ?", [evidence.first_fault_us]
        )
    needed = int(SUCCESS_SHARE_BEFORE * expected)
    seen = evidence.count(
        "SELECT count(DISTINCT op) FROM history WHERE outcome = 'OK' AND done_us < ?", [evidence.first_fault_us]
    )
    if expected >= EXPECTED_BEFORE_MIN and seen < needed:
        yield f"before the first fault only {seen} operations succeeded in {until_s:.1f} s, at least {needed} needed"


def _faults(evidence: Evidence, faults: Sequence[FaultResult]) -> Iterator[str]:
    if interrupted(evidence):
        return
    for fault in faults:
        if fault.not_known:
            yield f"nobody knows what fault {fault.name} at {fault.place} hit: {fault.not_known}"
        elif fault.hits <= 0:
            when = f"between {fault.from_s:g} s and {fault.to_s:g} s"
            why = f": {fault.why_nothing}" if fault.why_nothing else ""
            yield f"fault {fault.name} at {fault.place} hit nothing {when}{why}"
        if fault.missed:
            yield f"fault {fault.name} at {fault.place} never came to: {', '.join(fault.missed)}"
    planned = len(evidence.plan.get("faults", []))
    if len(evidence.fault_windows()) < planned:
        yield f"of {planned} planned faults only {len(evidence.fault_windows())} were injected and healed"


def _phases(evidence: Evidence) -> Iterator[str]:
    if not evidence.has("history"):
        yield "the clients' history is missing"
    settled = evidence.events_of("settled")
    if not settled:
        yield "the run never settled"
    elif left := {kind: count for kind, count in dict(settled[-1].detail.get("backlog") or {}).items() if count}:
        told = ", ".join(f"{count} {kind}" for kind, count in sorted(left.items()))
        yield f"settling timed out after {float(settled[-1].detail.get('seconds', 0)):.0f} s with {told} left"
    elif reason := str(settled[-1].detail.get("reason") or ""):
        yield f"nobody knows whether everything had settled: {reason}"
    reads = evidence.events_of("final_reads")
    if not reads or not reads[-1].detail.get("finished", False):
        reason = str(reads[-1].detail.get("reason") or "") if reads else ""
        yield "the final reads did not finish, so unknown outcomes were not resolved" + (
            f" ({reason})" if reason else ""
        )


def _merged(evidence: Evidence) -> Iterator[str]:
    """What the merge of the raw lines saw that cannot be: attempts told of twice, answers to nothing."""
    for event in evidence.events_of("history_merged")[-1:]:
        if repeated := int(event.detail.get("repeated_lines") or 0):
            yield f"{repeated} lines of the raw history tell of an attempt again"
        if stray := int(event.detail.get("stray_completes") or 0):
            yield f"{stray} answers in the raw history belong to no request"
    if late := evidence.events_of("gathered_late"):
        files = ", ".join(sorted({str(name) for event in late for name in event.detail.get("files") or ()}))
        yield f"{files} came after the final reads, so nobody asked again for what is unknown in there"


def _counted(evidence: Evidence) -> Iterator[str]:
    """Two accounts of the same run must agree: Locust's own and the history, the harness's reads and the history.

    A worker that died took its last numbers with it, so then the first two cannot agree (which is a doubt by itself).
    """
    if not evidence.has("history"):
        return
    path = evidence.folder / "raw" / "locust-stats.json"
    if path.is_file() and not lost_workers(evidence):
        try:
            counted = int(json.loads(path.read_text())["total"]["requests"])
        except (OSError, ValueError, KeyError, TypeError):
            yield f"{path.name} cannot be read, so the history cannot be checked against it"
        else:
            kept = evidence.count("SELECT count(*) FROM history WHERE kind <> 'final_read'")
            if counted != kept:
                yield f"Locust counted {counted} requests, but the history holds {kept} attempts"
    for event in evidence.events_of("final_reads")[-1:]:
        asked = int(event.detail.get("references") or 0) - int(event.detail.get("unread") or 0)
        read = evidence.count(
            "SELECT count(*) FROM (SELECT DISTINCT merchant_id, reference FROM history WHERE kind = 'final_read')"
        )
        if event.detail.get("finished", False) and read < asked:
            yield f"{asked} payments were read once more, but the history holds only {read} of these reads"


def _controls(evidence: Evidence) -> Iterator[str]:
    for event in evidence.events_of("steady_again"):
        if reason := str(event.detail.get("reason") or ""):
            yield f"after the load the platform was not steady again: {reason}"
    for event in evidence.events_of("control_failed"):
        told = ", ".join(f"{name}: {value}" for name, value in event.detail.items()) or "no details"
        yield f"a control of the run failed ({told})"
    for event in evidence.events_of("books_saved"):
        for what, reason in dict(event.detail.get("lacking") or {}).items():
            yield f"the books lack what {what} would have told: {reason}"


def _bug(evidence: Evidence) -> Iterator[str]:
    bug = evidence.plan.get("bug")
    reached = bug_reached(evidence)
    if bug and not reached:
        yield f"planted bug {bug} was never reached" if reached == 0 else f"nobody knows whether bug {bug} was reached"


_WAITED_FOR = ("on", "remote_apply")
"""Values of `synchronous_commit` under which an acknowledged commit is on the standby's disk."""


def _durability(evidence: Evidence) -> Iterator[str]:
    """Whoever asked for less durability than the promise cannot show that the promise holds: it was luck."""
    said = evidence.plan.get("settings", {}).get("durability", {})
    sessions = "synchronous_commit of the platform's sessions"
    weak = [
        f"{name} is {said[name]}"
        for name in ("synchronous_commit", sessions)
        if said.get(name, "on") not in _WAITED_FOR
    ]
    if "synchronous_standby_names" in said and not said["synchronous_standby_names"]:
        weak.append("there is no synchronous standby")
    if said.get("fsync", "on") == "off":
        weak.append("fsync is off")
    if (risked := single_copy(evidence)) and risked.payments:
        weak.append(f"{risked.payments} payments and refunds were acknowledged with one copy")
    if weak:
        yield f"durability was weakened ({'; '.join(weak)}), so nothing that survived proves that it had to"


def bug_reached(evidence: Evidence) -> int | None:
    """Return how often the planted bug's code ran; None without a bug, or where nobody knows."""
    told = evidence.events_of("bug")
    value = told[-1].detail.get("reached") if told else None
    return int(value) if value is not None and evidence.plan.get("bug") else None
