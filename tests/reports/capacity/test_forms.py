"""A capacity report in all its forms: the number first, nothing decided here, and nothing needed from elsewhere."""

import csv
import io
import json
import re
from dataclasses import replace
from pathlib import Path

import duckdb
import pytest

from harness.capacity.report import Answer, CapacityReport, Kind
from harness.core.verdicts import Verdict
from harness.run.surveying import write_report
from reports.capacity import markdown, page, tables, text
from tests.reports.capacity import made


@pytest.fixture(scope="module")
def report() -> CapacityReport:
    return made.report()


def test_the_text_says_the_number_what_stops_it_and_how_to_do_it_again(report: CapacityReport) -> None:
    told = text.render(report)
    limit = report.healthy.answer.estimate_per_s or 0.0
    assert told.startswith(f"PASS  {limit:.0f}/s (")
    assert "api1's core" in told
    assert "peak 90/s: carried" in told
    assert "all standbys gone" in told
    assert "as before 4 s after 175/s" in told
    assert told.endswith(report.repeat + "\n")


def test_the_markdown_is_a_table_of_cases(report: CapacityReport) -> None:
    told = markdown.render(report)
    assert told.startswith("### PASS: ")
    assert "| all standbys gone | none |" in told


def test_the_page_needs_nothing_else_and_its_first_screen_has_the_answer(report: CapacityReport) -> None:
    told = page.render(report)
    assert not re.search(r"(src|href)=\"(?!#|data:|runs/)", told)
    first = told[told.index('<header class="hero">') : told.index("</header>")]
    assert "arrivals a second" in first
    assert "What to buy" in first
    assert "another replica of it" in first


def test_what_is_not_known_never_looks_like_a_limit(report: CapacityReport) -> None:
    healthy = replace(report.healthy, answer=Answer(Kind.UNKNOWN), rows=(), aftermath=None)
    open_ = replace(
        report, cases=(healthy,), verdict=Verdict.INCONCLUSIVE, reasons=("it was interrupted",), scaling=None
    )
    for told in (text.render(open_), markdown.render(open_), page.render(open_)):
        assert "INCONCLUSIVE" in told
        assert "it was interrupted" in told
        assert "not known" in told
        assert "PASS" not in told
    assert "none" not in text.render(open_)


def test_an_evil_text_stays_text(report: CapacityReport) -> None:
    told = page.render(replace(report, reasons=("</script><script>alert(1)</script>",), workload="<b>"))
    assert "<script>alert(1)" not in told
    assert "<b>" not in told.split("<header", 1)[1].split("</header>", 1)[0].replace('<b style="', "")


def test_all_forms_are_written_and_can_be_opened(report: CapacityReport, tmp_path: Path) -> None:
    write_report(report, tmp_path)
    document = json.loads((tmp_path / "capacity.json").read_text())
    assert document["verdict"] == "PASS"
    assert document["cases"][0]["answer"]["kind"] == "limit"
    listed = list(csv.DictReader(io.StringIO((tmp_path / "capacity.csv").read_text())))
    assert len(listed) == sum(len(case.rows) for case in report.cases)
    [(count, most)] = duckdb.sql(
        f"SELECT count(*), max(good_per_s) FROM '{tmp_path / 'capacity.parquet'}' WHERE \"case\" = 'healthy'"
    ).fetchall()
    assert count == len(report.healthy.rows)
    assert most == pytest.approx(max(row.good_per_s for row in report.healthy.rows))
    empty = replace(report, cases=(replace(report.healthy, rows=()),))
    assert tables.csv_text(empty).startswith("case,limit_per_s")
    tables.write_parquet(empty, tmp_path / "empty.parquet")
