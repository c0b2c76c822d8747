"""The draft of a game day's retro, in the six steps of the response: what is known is filled in, the rest is blank."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from harness.core.evidence import Evidence
from harness.core.report import FaultResult, Report
from harness.core.verdicts import Verdict
from harness.gameday.book import CLOCK, Entry, EntryKind, read_book
from reports.page import SCRIPTS_FOLDER, environment, read

BLANK = "……"
"""What only people know."""


@dataclass(frozen=True)
class Step:
    """One step of the response: what the evidence says of it, and what people must fill in."""

    title: str
    known: Sequence[str]
    blanks: Sequence[str]


@dataclass(frozen=True)
class Moments:
    """One experiment beside the system: seconds from the first arrival, None where it never came."""

    fault: FaultResult
    pressed: Mapping[str, float]
    """Seconds from when it was really on to each moment of the incident's clock, as people pressed it."""
    expected: str
    observed: Sequence[str]
    first_failure_s: float | None
    breaker_s: float | None
    last_failure_s: float | None


def write_retro(report: Report, evidence: Evidence) -> None:
    """Write `retro.md` and `retro.html` into the run's folder."""
    entries = read_book(evidence.folder)
    steps, experiments = steps_of(report, evidence, entries), experiments_of(report, evidence, entries)
    Path(evidence.folder / "retro.md").write_text(markdown(report, steps, experiments))
    page = environment().get_template("retro.html.j2").render(
        report=report, steps=steps, experiments=experiments, clock=CLOCK, second=second, blank=BLANK,
        styles=read(SCRIPTS_FOLDER / "base.css", SCRIPTS_FOLDER / "print.css"),
    )  # fmt: skip
    (evidence.folder / "retro.html").write_text(page)


def steps_of(report: Report, evidence: Evidence, entries: Sequence[Entry]) -> Sequence[Step]:
    """Return the six steps: identify, respond, localise, execute, resolve, follow up."""
    pressed = _pressed(evidence, entries)
    people = list(dict.fromkeys(item.by for item in entries if item.kind is EntryKind.JOINED))
    paged = [f"paged {item.text}" for item in entries if item.kind is EntryKind.PAGED]
    healed = [
        f"{_at(evidence, item)} s: {item.by} {'stopped everything' if item.kind is EntryKind.STOPPED else 'healed'} "
        f"{item.text}".rstrip()
        for item in entries
        if item.kind in (EntryKind.HEALED, EntryKind.STOPPED)
    ]
    broken = [f"{item.id}: {item.sentence}" for item in report.invariants if item.verdict is Verdict.FAIL]
    return [
        Step("Identify", [pressed["detected"]], ["Which signal told first, and who looked at it?"]),
        Step("Respond", [f"took part: {', '.join(people) or 'nobody wrote a name'}", *paged],
             ["Who led? Was the right person called, and in time?"]),
        Step("Localise", [pressed["localised"], *_expected(entries)], ["What was suspected first, and what was it?"]),
        Step("Execute", [pressed["mitigated"], *(healed or ["nobody healed anything by hand"])],
             ["What was tried that did not help? Which step of the runbook was missing?"]),
        Step("Resolve", [pressed["resolved"], f"the judge's verdict: {report.verdict}", *report.reasons, *broken],
             ["How was it confirmed that service was back?"]),
        Step("Follow up", ["notes are in the report, beside the faults"],
             ["What do we change, who does it, by when?", "What do we try again, and when?"]),
    ]  # fmt: skip


def experiments_of(report: Report, evidence: Evidence, entries: Sequence[Entry]) -> Sequence[Moments]:
    """Return each fault with what people expected and observed, and what the system shows."""
    injected = [item for item in entries if item.kind is EntryKind.INJECTED]
    found = []
    for number, fault in enumerate(report.faults):
        entry = injected[number] if number < len(injected) else None
        observed = [item.text for item in entries if entry and item.kind is EntryKind.OBSERVATION
                    and item.about == entry.about]  # fmt: skip
        found.append(
            Moments(
                fault,
                _clock(fault, report, evidence, entries),
                _hypothesis(entry, entries),
                observed,
                *_seen(evidence, fault.from_s, fault.to_s),
            )
        )
    return found


def markdown(report: Report, steps: Sequence[Step], experiments: Sequence[Moments]) -> str:
    """Return the draft as Markdown."""
    lines = [f"# Retro of the game day {report.run_id}", "", f"Judged {report.verdict}. Blanks are for people.", ""]
    for number, step in enumerate(steps, start=1):
        lines += [f"## {number}. {step.title}", "", *(f"- {_plain(item)}" for item in step.known)]
        lines += [f"- **{question}** {BLANK}" for question in step.blanks] + [""]
    lines += ["## Experiments", ""]
    names = ["Fault", "On, s", "Hits", *(f"{moment}, s after" for moment in CLOCK)]
    names += ["First failure, s", "Breaker open, s", "Last failure, s", "Expected", "Observed"]
    lines += [f"| {' | '.join(names)} |", "|" + "---|" * len(names)]
    for item in experiments:
        fault = item.fault
        cells = [f"{fault.name} at {fault.place}", f"{fault.from_s:.1f} to {fault.to_s:.1f}", str(fault.hits)]
        cells += [second(item.pressed.get(moment)) for moment in CLOCK]
        cells += [second(item.first_failure_s), second(item.breaker_s), second(item.last_failure_s)]
        cells += [item.expected or BLANK, "; ".join(item.observed) or BLANK]
        lines.append("| " + " | ".join(_plain(cell).replace("|", "\\|") for cell in cells) + " |")
    return "\n".join(lines) + "\n"


def second(at_s: float | None) -> str:
    """Return a moment in words."""
    return "none" if at_s is None else f"{at_s:.1f}"


def _plain(text: str) -> str:
    return " ".join(text.split())


def _at(evidence: Evidence, item: Entry) -> str:
    return f"{(item.at_us - evidence.t0_us) / 1e6:.1f}"


def _pressed(evidence: Evidence, entries: Sequence[Entry]) -> Mapping[str, str]:
    found = {}
    for moment in CLOCK:
        first = next((item for item in entries if item.kind is EntryKind.CLOCK and item.about == moment), None)
        found[moment] = (
            f"{moment}: pressed at {_at(evidence, first)} s by {first.by}" if first else f"{moment}: nobody pressed it"
        )
    return found


def _expected(entries: Sequence[Entry]) -> list[str]:
    return [f"expected by {item.by}: {item.text}" for item in entries if item.kind is EntryKind.HYPOTHESIS]


def _clock(fault: FaultResult, report: Report, evidence: Evidence, entries: Sequence[Entry]) -> Mapping[str, float]:
    """Return when people pressed each moment, from when a fault was on until the next one was."""
    until_s = min((other.from_s for other in report.faults if other.from_s > fault.from_s), default=float("inf"))
    found: dict[str, float] = {}
    for item in entries:
        at_s = (item.at_us - evidence.t0_us) / 1e6
        if item.kind is EntryKind.CLOCK and fault.from_s <= at_s < until_s:
            found.setdefault(item.about, at_s - fault.from_s)
    return found


def _hypothesis(entry: Entry | None, entries: Sequence[Entry]) -> str:
    """Return what the one who injected had said before, last of all."""
    if entry is None:
        return ""
    before = [item.text for item in entries if item.number < entry.number and item.by == entry.by
              and item.kind is EntryKind.HYPOTHESIS]  # fmt: skip
    return before[-1] if before else ""


def _seen(evidence: Evidence, from_s: float, to_s: float) -> tuple[float | None, float | None, float | None]:
    """Return when the first operation of money failed while a fault was on, a breaker opened, and the last failed.

    The last failure is the last that was due while it was on, or within ten seconds after it.
    """
    t0_us = evidence.t0_us
    opened = [
        (event.at_us - t0_us) / 1e6
        for event in evidence.events_of("breaker")
        if event.detail.get("to_state") == "open" and from_s <= (event.at_us - t0_us) / 1e6 <= to_s + 10
    ]
    first, last = None, None
    if evidence.has("history"):
        (row,) = evidence.rows(
            """SELECT min(done_us) AS first_us, max(done_us) AS last_us FROM history
               WHERE kind IN ('create', 'capture', 'void', 'refund') AND expect = 'succeed'
               AND outcome IN ('FAILED', 'UNKNOWN') AND due_us BETWEEN ? AND ?""",
            [int(t0_us + from_s * 1e6), int(t0_us + (to_s + 10) * 1e6)],
        )
        first, last = ((at_us - t0_us) / 1e6 if at_us else None for at_us in (row["first_us"], row["last_us"]))
    return first, opened[0] if opened else None, last
