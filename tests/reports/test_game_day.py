"""A game day in the report, and the draft of its retro: people's words beside faults, blanks for what nobody wrote."""

from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest

from harness.core.evidence import Evidence
from harness.gameday.book import Entry, EntryKind
from harness.gameday.ground import ground_of, links_on
from reports.formats import html
from reports.gameday.page import document
from reports.gameday.picture import picture
from reports.gameday.retro import write_retro
from tests.reports import run_folder


@pytest.fixture
def day(tmp_path: Path) -> Iterator[Evidence]:
    folder = run_folder.build(tmp_path / "run")
    with Evidence(folder) as evidence:
        t0_us = evidence.t0_us
    told = [
        (EntryKind.JOINED, 1, "ann", "", ""),
        (EntryKind.HYPOTHESIS, 18, "ann", "the other | gateway carries it", ""),
        (EntryKind.INJECTED, 20, "ann", "gateway_down at *-to-stripe", "gateway_down-1"),
        (EntryKind.CLOCK, 24, "bob", "", "detected"),
        (EntryKind.NOTE, 26, "bob", "<script>alert(1)</script>", ""),
        (EntryKind.OBSERVATION, 45, "ann", "it took 4 s", "gateway_down-1"),
        (EntryKind.STOPPED, 46, "ann", "gateway_down at *-to-stripe", ""),
    ]
    entries = [
        Entry(number, t0_us + at_s * 1_000_000, kind, by, text, about)
        for number, (kind, at_s, by, text, about) in enumerate(told, start=1)
    ]
    (folder / "gameday.jsonl").write_bytes(b"".join(msgspec.json.encode(item) + b"\n" for item in entries))
    with Evidence(folder) as evidence:
        yield evidence


def test_the_report_has_peoples_words_beside_the_faults(day: Evidence) -> None:
    page = html.render(run_folder.passed(), day)
    assert "What people did and said" in page
    assert "<script>alert(1)</script>" not in page
    rows = page.split('id="game-day"')[1].split("</table>")[0]
    order = [rows.index(text) for text in ("takes part", "injects", "incident", "alert(1)", "observed", "STOPS")]
    assert order == sorted(order)
    assert "fault off" in rows


def test_a_run_that_was_no_game_day_has_none(sound_run: Evidence) -> None:
    assert "What people did and said" not in html.render(run_folder.passed(), sound_run)


def test_the_draft_has_six_steps_with_what_is_known_and_blanks(day: Evidence) -> None:
    write_retro(run_folder.passed(), day)
    text = (day.folder / "retro.md").read_text()
    titles = [line.split(". ")[1] for line in text.splitlines() if line.startswith("## ") and ". " in line]
    assert titles == ["Identify", "Respond", "Localise", "Execute", "Resolve", "Follow up"]
    assert "detected: pressed at 24.0 s by bob" in text
    assert "resolved: nobody pressed it" in text
    assert "took part: ann" in text
    assert text.count("……") == 7
    row = next(line for line in text.splitlines() if line.startswith("| gateway_down"))
    assert "the other \\| gateway carries it" in row
    assert "it took 4 s" in row


def test_the_draft_as_a_page_shows_the_same_and_runs_nothing(day: Evidence) -> None:
    write_retro(run_folder.passed(), day)
    page = (day.folder / "retro.html").read_text()
    assert "detected: pressed at 24.0 s by bob" in page
    assert "<script" not in page


@pytest.mark.parametrize("target", ["embedded", "compose"])
def test_the_picture_has_every_service_and_link_of_the_target(target: str) -> None:
    ground = ground_of(links_on(target))
    drawn = picture(ground)
    assert drawn.count("data-link=") == len(ground.ways) > 30
    assert drawn.count("data-service=") == len(ground.services) > 8


def test_the_page_needs_nothing_else_and_runs_only_what_has_its_nonce() -> None:
    page = document("n0nce", ground_of(links_on("embedded")), "a <day>")
    assert page.count("<script") == page.count('nonce="n0nce"') == 3
    assert "a &lt;day&gt;" in page
    assert "http://" not in page.replace("http://www.w3.org", "")
