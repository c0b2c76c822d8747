"""The page as a file: complete, self-contained, small, and safe to fill with whatever a platform says."""

import itertools
import json
import re
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path

import pytest

from harness.core.evidence import Evidence
from harness.core.judgement import Finding
from harness.core.verdicts import Verdict
from reports.formats import html
from reports.page import embedded
from tests.reports import run_folder


class Outline(HTMLParser):
    """Collects headings, ids, references to elsewhere, and what stands in the data block."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.headings: list[int] = []
        self.links: list[str] = []
        self.ids: list[str] = []
        self.data = ""
        self._in_data = False
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        found = dict(attrs)
        if re.fullmatch("h[1-6]", tag):
            self.headings.append(int(tag[1]))
        self.links += [str(found[name]) for name in ("href", "src", "srcset", "action") if name in found]
        self.ids += [str(found["id"])] if "id" in found else []
        self._in_data = found.get("type") == "application/json"

    def handle_endtag(self, tag: str) -> None:
        self._in_data = False

    def handle_data(self, data: str) -> None:
        self.data += data if self._in_data else ""


def test_a_minute_at_fifty_a_second_stays_far_below_a_megabyte(broken_run: Evidence) -> None:
    assert len(html.render(run_folder.failed(), broken_run).encode()) < 400_000


@pytest.mark.parametrize("made", [run_folder.passed, run_folder.failed, run_folder.undecided])
def test_it_refers_to_nothing_outside_itself(made, broken_run: Evidence) -> None:
    page = html.render(made(), broken_run)
    outline = Outline(page)
    assert [link for link in outline.links if not link.startswith(("#", "data:"))] == []
    assert {link[1:] for link in outline.links if link.startswith("#")} <= set(outline.ids)
    assert len(outline.ids) == len(set(outline.ids))
    assert not re.search(r"url\(\s*['\"]?https?:|@import", page)


def test_headings_step_down_one_at_a_time(broken_run: Evidence) -> None:
    levels = Outline(html.render(run_folder.failed(), broken_run)).headings
    assert levels.count(1) == 1
    assert all(after - before <= 1 for before, after in itertools.pairwise(levels))


def test_verdict_claim_findings_and_what_was_in_force_are_on_it(broken_run: Evidence) -> None:
    report = run_folder.failed()
    page = html.render(report, broken_run)
    for text in (
        "FAIL",
        report.claim,
        "and 122 more",
        "EUR 2,458.77",
        report.repeat,
        "PLANTED BUG B07",
        "remote_apply",
    ):
        assert text in page
    assert page.index(report.claim) < page.index('id="findings"') < page.index('id="timeline"')


def test_the_generators_certificate_shows_lag_drops_and_cpu(sound_run: Evidence) -> None:
    page = html.render(run_folder.passed(), sound_run)
    assert "0.412 ms" in page
    assert "2,998" in page
    assert "14 %" in page


def test_the_page_carries_uplots_licence(sound_run: Evidence) -> None:
    assert "Copyright (c) 2022 Leon Sorokin" in html.render(run_folder.passed(), sound_run)


def test_nothing_that_a_platform_says_becomes_markup_or_ends_the_data_block(sound_run: Evidence) -> None:
    evil = "</script><script>alert(1)</script><!--"
    report = run_folder.passed()
    fault = replace(report.faults[0], name=evil)
    finding = Finding("I1", evil, Verdict.FAIL, True, 1, 1, evil, 1)
    told = replace(report, title=evil, claim=evil, reasons=(evil,), faults=(fault,), invariants=(finding,))
    page = html.render(told, sound_run)
    assert evil not in page
    assert page.count("<script") == 3
    assert json.loads(Outline(page).data)["faults"][0]["name"] == evil


def test_embedded_json_reads_back_as_what_it_was() -> None:
    value = {"text": "</script> & <!-- \u2028"}
    assert json.loads(embedded(value)) == value
    assert not set(embedded(value)) & set("<>&\u2028")


def test_a_run_that_collected_nothing_has_a_sentence_wherever_something_is_missing(bare_run: Evidence) -> None:
    page = html.render(run_folder.undecided(), bare_run)
    assert page.count("Not collected") == 4


@pytest.mark.parametrize("name", ["history", "attempts", "payments", "breaker_transitions", "metrics"])
def test_a_run_without_one_of_its_tables_still_has_a_page(name: str, tmp_path: Path) -> None:
    folder = run_folder.build(tmp_path / "run", duration_s=20)
    next(folder.rglob(f"{name}.parquet")).unlink()
    evidence = Evidence(folder)
    page = html.render(run_folder.passed(), evidence)
    evidence.close()
    assert run_folder.passed().claim in page


def test_half_a_certificate_is_passed_over(tmp_path: Path) -> None:
    folder = run_folder.build(tmp_path / "run", duration_s=5)
    (folder / "raw" / "load-1.json").write_text('{"worker": "1", "pla')
    (folder / "raw" / "load-2.json").write_text('{"worker": "second", "planned": 7}')
    evidence = Evidence(folder)
    page = html.render(run_folder.passed(), evidence)
    evidence.close()
    assert ">second</th>" in page
