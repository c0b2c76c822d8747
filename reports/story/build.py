"""Builds the stories of a page: chooses payments, gathers their traces, lets everyone tell, lays it out."""

from harness.core.evidence import Evidence
from harness.core.report import Report
from harness.core.verdicts import Verdict
from reports import wording
from reports.money import amount
from reports.story import books, client, gateways, layout, platform, records
from reports.story.choose import Choice, choices
from reports.story.facts import Story
from reports.story.gather import Trace, trace
from reports.tables import holds


def stories(report: Report, evidence: Evidence) -> list[Story]:
    """Return the stories of a run's findings, or samples where nothing failed. Empty where no payment is known."""
    found = []
    for choice in choices(report, evidence):
        known = trace(evidence, reference=choice.reference, subject=choice.subject)
        if known is not None:
            found.append(_story(report, evidence, choice, known))
    return found


def _story(report: Report, evidence: Evidence, choice: Choice, known: Trace) -> Story:
    tellings = [teller(known) for teller in (client.tell, platform.tell, gateways.tell, records.tell)]
    facts = layout.ordered(fact for telling in tellings for fact in telling.facts)
    lanes = layout.lanes(facts)
    columns = [key for key, _ in lanes]
    t0_us = int(evidence.plan.get("t0_us") or (facts[0].at_us if facts else 0))
    windows = [(t0_us + int(item.from_s * 1e6), t0_us + int(item.to_s * 1e6)) for item in report.faults]
    context = [*_faults(report, t0_us), *_breakers(evidence, columns)]
    rows, times = layout.rows(facts, columns, context, windows, t0_us)
    spans = [span for telling in tellings for span in telling.spans]
    return Story(
        heading=choice.heading,
        why=choice.why,
        about=_about(known),
        reference=choice.reference or ", ".join(known.references),
        lanes=lanes,
        rows=rows,
        bars=layout.bars(spans, columns, times),
        missing=tuple(f"{table}: not collected" for table in known.missing),
        at_s=(facts[0].at_us - t0_us) / 1e6 if facts else None,
        ids=known.payment_ids,
        books=books.sums(known),
        breaks=choice.breaks,
    )


def _about(known: Trace) -> str:
    parts = []
    for row in known.of("payments"):
        money = amount(row["amount_minor"] or 0, row["currency"] or "")
        parts.append(f"{money} to {row['merchant_id']}, now {row['status']}")
    return "; ".join(parts) or "the database holds no payment with this reference"


def _faults(report: Report, t0_us: int) -> list[layout.Context]:
    told: list[layout.Context] = []
    for item in report.faults:
        subject = f"{item.name} ({item.place})"
        told.append(layout.Context(t0_us + int(item.from_s * 1e6), subject, "begins"))
        told.append(layout.Context(t0_us + int(item.to_s * 1e6), subject, "healed"))
    return told


def _breakers(evidence: Evidence, columns: list[str]) -> list[layout.Context]:
    if not holds(evidence, "breaker_transitions", "gateway", "operation_class", "to_state", "at_us"):
        return []
    rows = evidence.rows(
        "SELECT gateway, operation_class, to_state, at_us FROM breaker_transitions "
        "WHERE list_contains(?, gateway) ORDER BY at_us",
        [columns],
    )
    return [
        layout.Context(
            int(row["at_us"]),
            f"breaker {row['gateway']} {row['operation_class']}",
            str(row["to_state"]).replace("_", "-"),
        )
        for row in rows
    ]


def summary(report: Report) -> str:
    """Return how the section of stories introduces itself."""
    if wording.sort(report.invariants).broken:
        return "The smallest counterexample of each broken invariant, as everyone who kept a record of it tells it."
    found = "Nothing failed." if report.verdict is Verdict.PASS else "No invariant was seen broken."
    return f"{found} To see what the platform went through, here are payments that lived through it."
