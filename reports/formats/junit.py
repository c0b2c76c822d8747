"""`junit.xml`: one test suite for the run, one test case for each invariant and each objective.

CI must never show green what was not proven: whatever had to be tested and was not is an `error`. Only an invariant
that nobody demanded of this scenario, or for which the target gives no evidence, is `skipped`. The case `the run as a
whole` carries the verdict and its reasons, so that a fault without hits or a generator that fell behind is seen too.
"""

import re
from datetime import datetime
from xml.etree import ElementTree as Xml

from harness.core.evidence import Evidence
from harness.core.judgement import Finding
from harness.core.report import Report
from harness.core.verdicts import Verdict
from reports import wording
from reports.money import amounts

NAME = "junit"
FILENAME = "junit.xml"

_FORBIDDEN = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_ELEMENT = {Verdict.FAIL: "failure", Verdict.INCONCLUSIVE: "error"}


def render(report: Report, evidence: Evidence) -> str:
    """Return the report as JUnit XML (attributes and order of the Ant and Jenkins schemas)."""
    suite = Xml.Element("testsuite")
    _properties(suite, report)
    _whole(suite, report)
    for finding in report.invariants:
        _invariant(suite, report, finding)
    for result in report.objectives:
        text = f"promised {result.goal}; {wording.measured(result)}"
        if not result.judged:
            case = _case(suite, report, "objective", result.name, Verdict.PASS, "", "")
            Xml.SubElement(case, "skipped", message=_clean(f"NOT JUDGED: {result.measured}"))
            continue
        _case(suite, report, "objective", result.name, result.verdict, text, text)
    _count(suite, report)
    Xml.SubElement(suite, "system-out").text = _clean(f"{wording.title(report)}\n{evidence.folder}\n{report.repeat}\n")
    Xml.SubElement(suite, "system-err").text = _clean(wording.banner(report))
    root = Xml.Element("testsuites")
    root.append(suite)
    Xml.indent(root)
    return '<?xml version="1.0" encoding="UTF-8"?>\n' + Xml.tostring(root, encoding="unicode") + "\n"


def _clean(text: str) -> str:
    """XML 1.0 has no way to write most control characters, not even escaped."""
    return _FORBIDDEN.sub("\ufffd", text)


def _properties(suite: Xml.Element, report: Report) -> None:
    told = {
        "verdict": str(report.verdict),
        "scenario": report.scenario,
        "seed": str(report.seed),
        "target": report.target,
        "planted_bug": wording.banner(report),
        "claim": report.claim,
        "repeat": report.repeat,
    }
    holder = Xml.SubElement(suite, "properties")
    for name, value in told.items():
        if value:
            Xml.SubElement(holder, "property", name=name, value=_clean(value))


def _whole(suite: Xml.Element, report: Report) -> None:
    reasons = "\n".join(report.reasons)
    first = report.reasons[0] if report.reasons else wording.meaning(report)
    detail = "\n".join(part for part in (wording.banner(report), reasons, f"To see it again: {report.repeat}") if part)
    _case(suite, report, "run", "the run as a whole", report.verdict, first, detail)


def _invariant(suite: Xml.Element, report: Report, finding: Finding) -> None:
    name = f"{finding.id} {finding.sentence}"
    if not finding.judged:
        case = _case(suite, report, "invariant", name, Verdict.PASS, "", "")
        Xml.SubElement(case, "skipped", message=_clean(f"NOT JUDGED: {wording.missing(finding)}"))
        return
    if finding.verdict is Verdict.INCONCLUSIVE and not finding.required:
        case = _case(suite, report, "invariant", name, Verdict.PASS, "", "")
        Xml.SubElement(case, "skipped", message=_clean(f"not demanded here: {wording.missing(finding)}"))
        return
    detail = ["\n".join([f"{example.subject}: {example.what}", *example.picture]) for example in finding.examples]
    left = finding.violations - len(finding.examples)
    detail += [f"and {left:,} more"] if left > 0 and detail else []
    detail += [f"money at risk: {amounts(finding.money_at_risk)}"] if amounts(finding.money_at_risk) else []
    detail += [f"witness: {wording.witness(finding)}", f"To see it again: {report.repeat}"]
    message = finding.examples[0].what if finding.examples else wording.missing(finding)
    _case(suite, report, "invariant", name, finding.verdict, message, "\n".join(detail))


def _case(
    suite: Xml.Element, report: Report, kind: str, name: str, verdict: Verdict, message: str, detail: str
) -> Xml.Element:
    case = Xml.SubElement(
        suite, "testcase", classname=_clean(f"faultline.{report.scenario}.{kind}"), name=_clean(name), time="0"
    )
    if verdict in _ELEMENT:
        found = Xml.SubElement(case, _ELEMENT[verdict], type=str(verdict), message=_clean(message))
        found.text = _clean(detail)
    return case


def _count(suite: Xml.Element, report: Report) -> None:
    name = f"faultline {report.scenario}" + (f" [planted bug {report.bug}]" if report.bug else "")
    for key, value in {
        "name": name,
        "id": "0",
        "package": f"faultline.{report.scenario}",
        "hostname": "localhost",
        "timestamp": _timestamp(report.started_at),
        "time": f"{report.load.duration_s:.3f}",
        "tests": str(len(suite.findall("testcase"))),
        "failures": str(len(suite.findall("testcase/failure"))),
        "errors": str(len(suite.findall("testcase/error"))),
        "skipped": str(len(suite.findall("testcase/skipped"))),
    }.items():
        suite.set(key, _clean(value))


def _timestamp(started_at: str) -> str:
    """The schema wants seconds without a zone; a text that is no time is a run whose plan was damaged."""
    try:
        return datetime.fromisoformat(started_at).strftime("%Y-%m-%dT%H:%M:%S")
    except ValueError:
        return "1970-01-01T00:00:00"
