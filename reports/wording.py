"""The sentences that every format shares, so that text, page and pull request say the same thing."""

from collections.abc import Sequence
from dataclasses import dataclass

from harness.core.judgement import Finding, ObjectiveResult
from harness.core.report import FaultResult, LoadResult, Report
from harness.core.verdicts import Verdict

MEANING = {
    Verdict.PASS: "Everything that had to hold was put to the test, and held.",
    Verdict.FAIL: "A promise was broken. The smallest counterexample is shown below.",
    Verdict.INCONCLUSIVE: "The evidence was not enough to know. This is not a pass.",
}


@dataclass(frozen=True)
class Sorted:
    """The invariants by what a reader does with them: fix, run again, know, skip over, find out in another way."""

    broken: tuple[Finding, ...]
    open: tuple[Finding, ...]
    held: tuple[Finding, ...]
    untested: tuple[Finding, ...]
    unjudged: tuple[Finding, ...] = ()


def sort(findings: Sequence[Finding]) -> Sorted:
    """Sort the findings.

    `open` had to be tested and was not; `untested` did not have to be. For `unjudged` the target gives no evidence;
    those that the scenario demands come first.
    """
    doubtful = [item for item in findings if item.verdict is Verdict.INCONCLUSIVE and item.judged]
    return Sorted(
        broken=tuple(item for item in findings if item.verdict is Verdict.FAIL),
        open=tuple(item for item in doubtful if item.required),
        held=tuple(item for item in findings if item.verdict is Verdict.PASS),
        untested=tuple(item for item in doubtful if not item.required),
        unjudged=tuple(sorted((item for item in findings if not item.judged), key=lambda item: not item.required)),
    )


def banner(report: Report) -> str:
    """Return the sentence that warns of a planted bug, empty where none is planted."""
    if not report.bug:
        return ""
    reached = "" if report.bug_reached is None else f" Its code was reached {times(report.bug_reached)}."
    return f"PLANTED BUG {report.bug}: this platform was made unsound on purpose.{reached}"


def meaning(report: Report) -> str:
    """Return what the verdict means, in one sentence that is true of this report."""
    if report.verdict is Verdict.FAIL and not sort(report.invariants).broken:
        return "A promise was broken."
    if report.verdict is Verdict.PASS and report.not_judged:
        return f"What could be judged was put to the test, and held. {unjudged(report)}"
    return MEANING[report.verdict]


def verdict(report: Report) -> str:
    """Return the verdict, and that it is about a part of what was demanded where it is."""
    if not report.not_judged:
        return str(report.verdict)
    return f"{report.verdict} (partial: {count(len(report.not_judged), 'demand')} not judged)"


def unjudged(report: Report) -> str:
    """Return which demands are not judged, in a sentence; empty where all are."""
    if not report.not_judged:
        return ""
    return f"NOT JUDGED, for lack of evidence from the target: {', '.join(report.not_judged)}."


def settling(report: Report) -> str:
    """Return how little was seen of the system's settling, in a sentence; empty where its books tell."""
    seen_by = report.settings.get("settling", {}).get("seen by", "")
    return f"Settling is seen by {seen_by}." if seen_by else ""


def narrower(findings: Sequence[Finding]) -> str:
    """Return which invariants were judged by less than everything, and without what; empty where none was."""
    told = [f"{item.id} without {', '.join(item.not_given)}" for item in findings if item.judged and item.not_given]
    return "; ".join(told)


def count(number: int, noun: str, plural: str = "") -> str:
    """Return `1 link` or `1,204 links`."""
    return f"{number:,} {noun if number == 1 else plural or noun + 's'}"


def times(number: int) -> str:
    """Return `never`, `once` or `131 times`."""
    return {0: "never", 1: "once"}.get(number, f"{number:,} times")


def more(finding: Finding) -> str:
    """Return `and 122 more` for what the first counterexample leaves out, empty where it is the only one."""
    left = finding.violations - 1
    return f"and {left:,} more" if left > 0 and finding.examples else ""


def witness(finding: Finding) -> str:
    """Return how often the invariant was truly tested, and how often it had to be."""
    return f"{finding.witness:,} (needs {finding.witness_needed:,}): {finding.witness_sentence}"


def missing(finding: Finding) -> str:
    """Return what an inconclusive finding lacked; whoever shows it says `missing` before it."""
    return finding.reason.removeprefix("missing: ") or f"only {witness(finding)}"


def fault(result: FaultResult) -> str:
    """Return where, when and how hard a fault bit."""
    return f"{result.name} at {result.place}, {seconds(result.from_s)} to {seconds(result.to_s)}: {hits(result)}"


def hits(result: FaultResult) -> str:
    """Return how often a fault bit; not knowing it is told apart from never."""
    if result.not_known:
        return f"hits not known: {result.not_known}"
    if result.hits:
        return count(result.hits, "hit")
    return f"NO HITS: {result.why_nothing or 'it broke nothing'}"


def fault_settings(result: FaultResult) -> str:
    """Return a fault's parameters, comma-separated."""
    return ", ".join(f"{name}={value}" for name, value in result.settings.items())


def measured(result: ObjectiveResult) -> str:
    """Return what an objective measured, as the end of a sentence."""
    if not result.judged:
        return result.measured
    return f"measured {result.measured}" if result.value is not None else f"not measured: {result.measured}"


def sentence(finding: Finding) -> str:
    """Return the invariant's sentence without its full stop, for use inside another one."""
    return finding.sentence.rstrip(".")


def load(result: LoadResult) -> str:
    """Return what the generator did, in one sentence."""
    return (
        f"{result.planned:,} arrivals planned at {result.rate_per_s:g}/s for {seconds(result.duration_s)}, "
        f"{result.dropped:,} dropped; operations: {result.ok:,} ok, {result.failed:,} failed, "
        f"{result.unknown:,} unknown{_learnt(result)}"
    )


def _learnt(result: LoadResult) -> str:
    """Return how much of what was unknown at its answer was known in the end; '' where that was not counted."""
    if result.learnt is None or not result.unknown:
        return ""
    told = "all" if result.learnt == result.unknown else f"{result.learnt:,} of them"
    return f" at their answer ({told} known from a later read)"


def questions(result: LoadResult) -> str:
    """Return how often a system that is not ours was asked how its payments stand; empty for ours."""
    asked = ", ".join(f"{number:,} {what}" for what, number in result.asked.items())
    looks = f"looks after payments of unknown fate: {result.looks:,} by clients"
    asked = f"; asked by the harness itself: {asked}" if asked else ""
    failed = f"; {count(result.unreadable, 'answer')} that the adapter could not read (logs/load.log has the first)"
    return f"{looks}{asked}{failed if result.unreadable else ''}" if result.looks or asked or result.unreadable else ""


def burstiness(result: LoadResult) -> str:
    """Return how bursty the load was beside its recording, in a sentence; empty where nothing was replayed."""
    found = result.burstiness
    if found is None or not result.recording:
        return ""

    def told(index: float | None) -> str:
        return "not known" if index is None else f"{index:.2f}"

    return (
        f"arrivals of {result.recording}; burstiness (index of dispersion in windows of {found.window_s:g} s; "
        f"independent arrivals have 1): recorded {told(found.recorded)}, planned {told(found.planned)}, reached the "
        f"system {told(found.arrived)}, all requests {told(found.requests)}"
    )


def certificate(result: LoadResult) -> str:
    """Return how far the generator can be trusted, in one sentence."""
    workers = count(result.workers, "worker")
    if result.lost:
        workers += f", {len(result.lost)} of them LOST"
    return (
        f"{workers}, lag p99 {result.lag_p99_ms:.2f} ms behind plan, "
        f"busiest at {100 * result.cpu_share_max:.0f} % of a core, {count(result.dropped, 'arrival')} dropped"
    )


def seconds(value: float) -> str:
    """Return `12.5 s`, without needless decimals."""
    return f"{round(value, 2):g} s"


def title(report: Report) -> str:
    """Return the run in a few words: scenario, seed, target."""
    return f"{report.scenario}, seed {report.seed}, {report.target} target"
