"""`summary.md`: short enough for a pull request; whatever is long is counted instead of listed."""

from collections.abc import Iterator

from harness.core.evidence import Evidence
from harness.core.judgement import Finding
from harness.core.report import Report
from harness.core.verdicts import Verdict
from reports import crashing, effects, recovering, wording
from reports.money import amounts

NAME = "markdown"
FILENAME = "summary.md"

_SHOWN = 5
_SIGN = {Verdict.PASS: "✅", Verdict.FAIL: "❌", Verdict.INCONCLUSIVE: "⚠️"}


def render(report: Report, evidence: Evidence) -> str:
    """Return the summary as GitHub-flavoured Markdown, fewer than 60 lines and one for each crash point."""
    lines = [
        f"## {_SIGN[report.verdict]} {wording.verdict(report)}: {_plain(report.title)}",
        "",
        *_banner(report),
        f"> {_plain(report.claim)}",
        "",
        " ".join(filter(None, [wording.meaning(report), wording.settling(report), f"`{wording.title(report)}`"])),
        "",
        *[f"- {_plain(reason)}" for reason in report.reasons[:_SHOWN]],
        *_left(len(report.reasons), "reason"),
        "",
        *_findings(report),
        *_objectives(report),
        *_effect(report),
        *_recovery(report),
        *_crashes(report),
        *_facts(report),
        "",
        f"Run `{evidence.folder.name}`. Shown again by:",
        "",
        "```sh",
        report.repeat,
        "```",
    ]
    return "\n".join(lines) + "\n"


def _plain(text: str) -> str:
    """Keep a sentence on one line, and what it says from becoming markup or a broken table."""
    flat = " ".join(text.split())
    for sign in "\\`*_|<>":
        flat = flat.replace(sign, f"\\{sign}")
    return flat


def _banner(report: Report) -> list[str]:
    warning = wording.banner(report)
    return [f"> [!WARNING]\n> **{_plain(warning)}**", ""] if warning else []


def _left(total: int, noun: str) -> list[str]:
    return [f"- and {wording.count(total - _SHOWN, f'more {noun}')}"] if total > _SHOWN else []


def _findings(report: Report) -> Iterator[str]:
    groups = wording.sort(report.invariants)
    for finding in groups.broken[:_SHOWN]:
        yield _broken(finding)
    for finding in groups.open[:_SHOWN]:
        yield f"- ⚠️ **{finding.id}** {_plain(wording.sentence(finding))}. Missing: {_plain(wording.missing(finding))}"
    yield from _left(max(len(groups.broken), len(groups.open)), "finding")
    held = ", ".join(finding.id for finding in groups.held) or "none"
    yield f"- Held: {held}"
    if report.not_judged:
        yield f"- ⚠️ **{wording.unjudged(report)}**"
    if told := wording.narrower(report.invariants):
        yield f"- Judged by less than everything: {told}"
    if groups.untested:
        yield f"- Not demanded and not tested: {', '.join(finding.id for finding in groups.untested)}"
    yield ""


def _broken(finding: Finding) -> str:
    parts = [f"- ❌ **{finding.id}** {_plain(wording.sentence(finding))}."]
    parts += [f"For example: {_plain(example.what)}" for example in finding.examples[:1]]
    more = wording.more(finding)
    money = amounts(finding.money_at_risk)
    parts += [f"({more})" if more else "", f"**Money at risk: {money}**" if money else ""]
    return " ".join(part for part in parts if part)


def _objectives(report: Report) -> Iterator[str]:
    if not report.objectives:
        return
    yield from ("| | objective | promised | measured |", "|---|---|---|---|")
    worst_first = sorted(report.objectives, key=lambda item: item.verdict is Verdict.PASS)
    for item in worst_first[:10]:
        yield f"| {_SIGN[item.verdict]} | {_plain(item.name)} | {_plain(item.goal)} | {_plain(item.measured)} |"
    yield ""


def _effect(report: Report) -> Iterator[str]:
    if report.effect is None:
        return
    yield from (_plain(effects.lead(report.effect)), "")
    yield from (f"- {_plain(doubt)}" for doubt in effects.doubts(report.effect)[:_SHOWN])
    yield from ("", f"| {' | '.join(effects.HEADINGS)} |", f"|{'---|' * len(effects.HEADINGS)}")
    for row in effects.rows(report.effect):
        yield f"| {' | '.join(_plain(cell) for cell in row)} |"
    yield ""


def _crashes(report: Report) -> Iterator[str]:
    """Every point has its line: what was not reached is why a sweep proves nothing."""
    if not report.crashes:
        return
    yield from (
        "| crash point | process | reached at | back after | payments in flight | became |",
        "|---|---|---|---|---|---|",
    )
    for item in report.crashes:
        yield f"| {' | '.join(_plain(cell) for cell in crashing.cells(item))} |"
    yield ""


def _recovery(report: Report) -> Iterator[str]:
    if report.recovery:
        names = [phase.name for phase in report.recovery[0].phases]
        yield from (f"| primary lost | {' | '.join(names)} | writes | clients |", f"|---|{'---|' * (len(names) + 2)}")
    for item in report.recovery[:_SHOWN]:
        phases = (recovering.took(phase) for phase in item.phases)
        row = (recovering.heading(item), *phases, recovering.writable(item), recovering.took(item.service))
        yield f"| {' | '.join(_plain(cell) for cell in row)} |"
    if report.recovery:
        yield ""
    if report.single_copy:
        yield f"- {_plain(recovering.single_copy(report.single_copy))}"
    if report.data_loss:
        yield f"- {_plain(recovering.loss(report.data_loss))}"
        if report.data_loss.references:
            yield f"- Lost: {_plain(recovering.listed(report.data_loss))}"


def _facts(report: Report) -> Iterator[str]:
    for item in report.faults[:_SHOWN]:
        yield f"- Fault {_plain(wording.fault(item))}"
    yield from _left(len(report.faults), "fault")
    yield f"- {wording.load(report.load)}"
    if asked := wording.questions(report.load):
        yield f"- {asked}"
    if bursts := wording.burstiness(report.load):
        yield f"- Load: {_plain(bursts)}"
    yield f"- Generator: {wording.certificate(report.load)}"
