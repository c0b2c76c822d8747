"""JUnit: what a CI server reads, and that it never shows green what was not proven."""

from dataclasses import replace
from xml.etree import ElementTree as Xml

import pytest

from harness.core.evidence import Evidence
from harness.core.report import Report
from harness.core.verdicts import Verdict
from reports.formats import junit
from tests.reports import run_folder


def suite_of(report: Report, evidence: Evidence) -> Xml.Element:
    root = Xml.fromstring(junit.render(report, evidence))
    assert root.tag == "testsuites"
    (suite,) = root
    return suite


def case_named(suite: Xml.Element, beginning: str) -> Xml.Element:
    (found,) = [case for case in suite.iter("testcase") if case.attrib["name"].startswith(beginning)]
    return found


@pytest.mark.parametrize("made", [run_folder.passed, run_folder.failed, run_folder.undecided])
def test_it_has_the_shape_that_the_usual_schema_asks_for(made, sound_run: Evidence) -> None:
    suite = suite_of(made(), sound_run)
    assert set(suite.attrib) >= {"name", "tests", "failures", "errors", "skipped", "time", "timestamp", "hostname"}
    tags = [child.tag for child in suite]
    assert tags == ["properties", *["testcase"] * (len(tags) - 3), "system-out", "system-err"]
    cases = list(suite.iter("testcase"))
    assert int(suite.attrib["tests"]) == len(cases)
    for tag, key in {"failure": "failures", "error": "errors", "skipped": "skipped"}.items():
        assert int(suite.attrib[key]) == len(suite.findall(f"testcase/{tag}"))
    for case in cases:
        assert set(case.attrib) == {"classname", "name", "time"}
        assert len(case) <= 1
    assert all(child.attrib.get("type") for case in cases for child in case if child.tag != "skipped")


def test_every_invariant_and_every_objective_is_a_test_case(sound_run: Evidence) -> None:
    report = run_folder.passed()
    suite = suite_of(report, sound_run)
    assert len(suite.findall("testcase")) == 1 + len(report.invariants) + len(report.objectives)
    assert suite.attrib["failures"] == suite.attrib["errors"] == "0"


def test_a_broken_invariant_fails_with_counterexample_money_and_command(broken_run: Evidence) -> None:
    report = run_folder.failed()
    failure = case_named(suite_of(report, broken_run), "I1 ").find("failure")
    assert failure is not None
    assert "charged at stripe and at paypal" in failure.attrib["message"]
    assert "and 118 more" in str(failure.text)
    assert "KWD 77.125" in str(failure.text)
    assert report.repeat in str(failure.text)


def test_what_had_to_be_tested_and_was_not_is_an_error_and_what_had_not_to_be_is_skipped(sound_run: Evidence) -> None:
    suite = suite_of(run_folder.undecided(), sound_run)
    assert case_named(suite, "I1 ").find("error") is not None
    assert case_named(suite, "time to switch").find("error") is not None
    assert case_named(suite, "I13 ").find("skipped") is not None


@pytest.mark.parametrize(("verdict", "tag"), [(Verdict.FAIL, "failure"), (Verdict.INCONCLUSIVE, "error")])
def test_a_run_that_did_not_pass_is_never_green_even_when_every_invariant_held(
    verdict: Verdict, tag: str, sound_run: Evidence
) -> None:
    report = replace(run_folder.passed(), verdict=verdict, reasons=("the generator fell behind",))
    found = case_named(suite_of(report, sound_run), "the run as a whole").find(tag)
    assert found is not None
    assert found.attrib["message"] == "the generator fell behind"


def test_a_planted_bug_is_in_the_suites_name_and_on_its_error_stream(broken_run: Evidence) -> None:
    suite = suite_of(run_folder.failed(), broken_run)
    assert "planted bug B07" in suite.attrib["name"]
    assert "PLANTED BUG B07" in str(suite.findtext("system-err"))


def test_characters_that_xml_cannot_hold_do_not_break_it(sound_run: Evidence) -> None:
    report = replace(run_folder.passed(), claim="a\x00b\x1b[31m<&>", verdict=Verdict.FAIL, reasons=("bad \x08 byte",))
    suite = suite_of(report, sound_run)
    assert "<&>" in suite.findall("properties/property[@name='claim']")[0].attrib["value"]
