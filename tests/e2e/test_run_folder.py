"""What a run leaves behind: evidence that adds up, and a verdict that can be reached again from the folder alone."""

import json
from pathlib import Path

import pytest

from harness.core.evidence import Evidence
from tests.e2e.conftest import Faultline

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(300)]

FILES = ("plan.json", "history.parquet", "events.jsonl", "metrics.parquet", "verdict.json", "junit.xml")
PAGES = ("report.html", "summary.md", "report.txt")


@pytest.fixture(scope="module")
def run(faultline: Faultline) -> Path:
    """A run of the flagship scenario with two load workers."""
    result = faultline("run", "primary_gateway_outage", "--seed", "5", "--workers", "2")
    assert result.code == 0, result.out + result.err
    return faultline.newest_run()


def test_the_folder_holds_every_file_of_the_contract(run: Path) -> None:
    assert [name for name in (*FILES, *PAGES) if not (run / name).is_file()] == []


def test_locusts_own_statistics_agree_with_the_history_to_the_operation(run: Path) -> None:
    locust = json.loads((run / "raw" / "locust-stats.json").read_text())
    with Evidence(run) as evidence:
        recorded = evidence.count("SELECT count(*) FROM history WHERE kind <> 'final_read'")
    assert locust["total"]["requests"] == recorded


def test_every_planned_arrival_is_accounted_for_over_all_workers(run: Path) -> None:
    parts = [json.loads(path.read_text()) for path in sorted((run / "raw").glob("load-*.json"))]
    assert len(parts) == 2
    for part in parts:
        assert part["planned"] == part["completed"] + part["dropped"] + part["in_flight_at_end"]


def test_no_secret_of_the_platform_lands_in_the_folder(run: Path) -> None:
    assert not (run / "load.json").exists()
    text = "".join(
        path.read_text(errors="replace") for path in run.rglob("*") if path.suffix in {".json", ".html", ".log"}
    )
    assert "sk_" not in text
    assert "whsec_" not in text


def test_judging_the_folder_again_changes_nothing(faultline: Faultline, run: Path) -> None:
    result = faultline("recheck", str(run), "--json")
    assert result.code == 0, result.err
    assert [(item["before"], item["verdict"], item["changes"]) for item in result.json] == [("PASS", "PASS", [])]


def test_a_book_that_was_tampered_with_is_found_by_judging_again(faultline: Faultline, run: Path) -> None:
    charges = run / "books" / "gateway_charges.parquet"
    before = charges.read_bytes()
    with Evidence(run) as evidence:
        again = "SELECT * REPLACE ('twice' AS charge_id) FROM gateway_charges WHERE executed AND captured_minor > 0"
        both = f"SELECT * FROM gateway_charges UNION ALL ({again} LIMIT 1)"
        evidence.rows(f"COPY ({both}) TO '{charges}.new' (FORMAT parquet)")
    Path(f"{charges}.new").replace(charges)
    result = faultline("recheck", str(run), "--json")
    charges.write_bytes(before)
    assert (result.code, result.json[0]["verdict"]) == (1, "FAIL")
    assert any("I1" in change for change in result.json[0]["changes"])
