"""`report.txt`: what the command line prints. 100 columns, readable without colour, the verdict first."""

import textwrap
from collections.abc import Iterable, Iterator

from harness.core.evidence import Evidence
from harness.core.judgement import Finding, ObjectiveResult
from harness.core.report import Report
from harness.core.verdicts import Verdict
from reports import crashing, effects, recovering, wording
from reports.money import amounts

NAME = "text"
FILENAME = "report.txt"
WIDTH = 100

_MARK = {Verdict.PASS: "ok", Verdict.FAIL: "FAIL", Verdict.INCONCLUSIVE: "OPEN"}


def render(report: Report, evidence: Evidence) -> str:
    """Return the report as plain text. The last line is the command that shows the run again."""
    lines = [
        *_verdict(report),
        *_section("Why", [_wrap(f"- {reason}", "  ", hang=2) for reason in report.reasons]),
        *_section("Promised and measured", [_objective(item) for item in report.objectives]),
        *_section("Faults", [_wrap(f"{wording.fault(item)}", "  ", hang=4) for item in report.faults]),
        *_section("Effect of the fault", _effect(report)),
        *_section("Recovery", _recovery(report)),
        *_section("Crash points", _crashes(report)),
        *_section("Load", [_load(report)]),
        *_section("Invariants", _invariants(report)),
        *_section("Evidence", [f"  {evidence.folder}"]),
        "",
        "To see it again:",
        report.repeat,
    ]
    return "\n".join(lines) + "\n"


def _wrap(text: str, indent: str, *, hang: int = 0) -> str:
    hanging = indent + " " * hang
    return textwrap.fill(
        text, WIDTH, initial_indent=indent, subsequent_indent=hanging, break_on_hyphens=False, break_long_words=False
    )


def _section(heading: str, blocks: Iterable[str]) -> Iterator[str]:
    found = [block for block in blocks if block]
    if found:
        yield from ("", heading, *found)


def _verdict(report: Report) -> Iterator[str]:
    yield f"{wording.verdict(report)}  {report.title}"
    banner = wording.banner(report)
    if banner:
        yield _wrap(f"!!! {banner}", "", hang=4)
    yield _wrap(f'"{report.claim}"', "  ", hang=1)
    yield _wrap(wording.meaning(report), "  ")
    if report.not_judged and report.verdict is not Verdict.PASS:
        yield _wrap(wording.unjudged(report), "  ")
    if seen := wording.settling(report):
        yield _wrap(seen, "  ")
    yield f"  {wording.title(report)}, run {report.run_id}"


def _objective(result: ObjectiveResult) -> str:
    mark = _MARK[result.verdict] if result.judged else "-"
    told = f"{mark:<5} {result.name}: promised {result.goal}; {wording.measured(result)}"
    return _wrap(told, "  ", hang=6)


def _effect(report: Report) -> Iterator[str]:
    if report.effect is None:
        return
    yield _wrap(effects.lead(report.effect), "  ", hang=2)
    yield from (_wrap(f"- {doubt}", "  ", hang=2) for doubt in effects.doubts(report.effect))
    table = [effects.HEADINGS, *effects.rows(report.effect)]
    widths = [max(len(row[column]) for row in table) for column in range(len(effects.HEADINGS) - 1)]
    for row in table:
        cells = [cell.ljust(width) for cell, width in zip(row, widths, strict=False)]
        yield f"  {'  '.join([*cells, row[-1]])}".rstrip()
    yield _wrap(effects.footing(report.effect), "  ", hang=2)


def _crashes(report: Report) -> Iterator[str]:
    for item in report.crashes:
        yield _wrap(crashing.line(item), "  ", hang=6)


def _recovery(report: Report) -> Iterator[str]:
    """One line of figures for each loss of the primary, and what it cost in payments."""
    for item in report.recovery:
        yield _wrap(recovering.heading(item), "  ", hang=2)
        yield _wrap("  ".join(f"{phase.name} {recovering.took(phase)}" for phase in item.phases), "    ", hang=2)
        yield _wrap(f"{recovering.writable(item)}; {recovering.service(item)}", "    ", hang=2)
        yield from (_wrap(f"not known: {told}", "    ", hang=2) for told in recovering.unknown(item))
    if report.single_copy:
        yield _wrap(recovering.single_copy(report.single_copy), "  ", hang=2)
    if report.data_loss:
        yield _wrap(recovering.loss(report.data_loss), "  ", hang=2)
        if report.data_loss.references:
            yield _wrap(f"lost: {recovering.listed(report.data_loss)}", "    ", hang=2)


def _load(report: Report) -> str:
    told = _wrap(wording.load(report.load), "  ", hang=2)
    if asked := wording.questions(report.load):
        told += f"\n{_wrap(asked, '  ', hang=2)}"
    if bursts := wording.burstiness(report.load):
        told += f"\n{_wrap(bursts, '  ', hang=2)}"
    return f"{told}\n{_wrap(f'generator: {wording.certificate(report.load)}', '  ', hang=2)}"


def _invariants(report: Report) -> Iterator[str]:
    groups = wording.sort(report.invariants)
    for finding in groups.broken:
        yield _broken(finding)
    for finding in groups.open:
        yield _wrap(f"OPEN  {finding.id}  {finding.sentence}", "  ", hang=6)
        yield _wrap(f"missing: {wording.missing(finding)}", "        ", hang=2)
    if groups.held:
        listed = ", ".join(f"{finding.id} ({finding.witness:,})" for finding in groups.held)
        yield _wrap(f"ok    {len(groups.held)} held, with the number of times each was tested: {listed}", "  ", hang=6)
    if groups.untested:
        listed = ", ".join(f"{item.id} ({item.witness:,} of {item.witness_needed:,})" for item in groups.untested)
        told = f"-     {len(groups.untested)} not demanded here and not tested enough to say: {listed}"
        yield _wrap(told, "  ", hang=6)
    if told := wording.narrower(report.invariants):
        yield _wrap(f"-     judged by less than everything, for the target gives no more: {told}", "  ", hang=6)
    for finding in groups.unjudged:
        if finding.required:
            yield _wrap(f"NOT JUDGED  {finding.id}  {finding.sentence}", "  ", hang=6)
            yield _wrap(f"not given by the target: {', '.join(finding.not_given)}", "        ", hang=2)
    if others := [item.id for item in groups.unjudged if not item.required]:
        told = f"-     {len(others)} not demanded here and not judged, for lack of evidence: {', '.join(others)}"
        yield _wrap(told, "  ", hang=6)


def _broken(finding: Finding) -> str:
    lines = [_wrap(f"FAIL  {finding.id}  {finding.sentence}", "  ", hang=6)]
    for example in finding.examples[:1]:
        lines.append(_wrap(f"smallest counterexample: {example.what}", "        ", hang=2))
        lines += [f"          {line}" for line in example.picture]
        where = [example.subject, f"reference {example.reference}" if example.reference else ""]
        lines.append(_wrap("; ".join(part for part in where if part), "        ", hang=2))
    if wording.more(finding):
        lines.append(f"        {wording.more(finding)}")
    if not finding.examples:
        lines.append(_wrap(finding.reason or f"broken {wording.times(finding.violations)}", "        "))
    if amounts(finding.money_at_risk):
        lines.append(_wrap(f"money at risk: {amounts(finding.money_at_risk)}", "        ", hang=2))
    return "\n".join(lines)
