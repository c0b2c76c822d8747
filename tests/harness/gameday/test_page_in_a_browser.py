"""A whole game day in a real browser, on a platform that only pretends: the page, its server and its desk are real."""

import shutil
import time
from collections.abc import Iterator
from contextlib import closing, suppress
from dataclasses import dataclass, field
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from playwright.sync_api import Dialog, Page, expect, sync_playwright

from harness.core.fault import Undo
from harness.gameday.book import DayBook, read_book
from harness.gameday.day import GameDay, Playing
from harness.gameday.ground import Traffic, ground_of, links_on
from harness.gameday.paging import FilePort
from harness.gameday.roles import RolesFile
from harness.gameday.signals import Budget, Snapshot
from harness.gameday.surprise import read_plan
from harness.gameday.web.app import Shown, Verdict
from harness.gameday.web.asking import Pressing
from harness.gameday.web.serving import Serving
from harness.guard.brake import engage, require_released
from harness.injecting.desk import InjectionDesk
from harness.injecting.live import LiveFaults
from harness.provision.http import session
from harness.run.events import EventLog
from harness.workspace import Workspace
from reports.gameday.page import document
from tests.faults.fake_surface import FakeSurface
from tests.harness.injecting.journal import Journal

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
FLAGS = (
    "--headless --no-sandbox --disable-gpu --disable-quic --no-first-run --disable-background-networking "
    "--disable-component-update --disable-sync"
)
PATIENCE_MS = 60_000
GROUND = ground_of(links_on("embedded"))


@dataclass
class Pretended:
    """Signals that move: what is cut on the pretended links is broken, as a control plane would tell."""

    surface: FakeSurface
    healed: set[str] = field(default_factory=set)
    second: int = 0

    def __post_init__(self) -> None:
        self.looker = SimpleNamespace(seen=SimpleNamespace(traffic=Traffic(300, {"stripe": 80, "paypal": 20})))

    def heal(self, undo: Undo) -> None:
        self.healed.add(undo.arguments.get("link", ""))

    @property
    def cut(self) -> list[str]:
        return [str(link) for kind, link, *_ in self.surface.links.done if kind == "cut" and link not in self.healed]

    @property
    def points(self) -> list[Any]:
        return [(second, 5, 5, 5, 20.0, 60.0, 90.0) for second in range(self.second)]

    @property
    def latest(self) -> Snapshot:
        self.second += 1
        good, cut = (1 if self.cut else 5), self.cut
        return Snapshot(
            self.second, 5, 5, good, 20.0, 60.0, 90.0, 0.4, 100, 1,
            {"stripe charge": "open" if cut else "closed"},
            {"pg-a": {"up": True, "role": "primary", "accepts_writes": True}},
            {"pg-b": 2048.0}, {"outbox_pending": 3}, {"api1": 0.21}, [f"{link}: cut" for link in cut], [], [],
            time.time_ns() // 1000,
        )  # fmt: skip


@dataclass
class Stage:
    shown: Shown
    serving: Serving
    journal: Journal
    folder: Path
    workspace: Workspace


PLAN = """
[[rounds]]
fault = "gateway_down"
on = "api1-to-stripe"
for = "60s"

[[rounds]]
fault = "gateway_latency"
with = { latency_ms = 900 }
"""


@pytest.fixture
def stage(tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[Stage]:
    (tmp_path / "plan.toml").write_text(PLAN)
    sealed = read_plan(tmp_path / "plan.toml") if getattr(request, "param", "") == "surprise" else None
    workspace, surface, journal = Workspace(tmp_path / "ws"), FakeSurface(), Journal()
    signals = Pretended(surface)
    journal.healing = signals.heal
    workspace.prepare()
    day = GameDay(workspace, DayBook(tmp_path), lambda _: None, rate_per_s=5, length_s=600, seed=1, budget=Budget(0.01))
    with closing(EventLog(tmp_path / "events.jsonl")) as events:
        live = LiveFaults(surface, journal, events, seed=1, allowed=lambda: require_released(workspace))
        desk = InjectionDesk(live, surface, lambda _: None, lambda by: engage(workspace, by), day._note)
        day.playing, day.phase = Playing(live, desk, signals, GROUND), "playing"  # type: ignore[arg-type]
        pressing = Pressing(day, workspace, RolesFile(tmp_path), FilePort(tmp_path), tmp_path / "runs", sealed)
        shown = Shown(
            day,
            pressing,
            lambda nonce, seat: document(nonce, GROUND, "a day", seat, surprise=sealed is not None),
            tmp_path,
        )
        live.start()
        with Serving(shown) as serving:
            yield Stage(shown, serving, journal, tmp_path, workspace)
        live.finish()


@dataclass
class Seen:
    complaints: list[str] = field(default_factory=list)
    requests: list[str] = field(default_factory=list)


@pytest.fixture
def page(stage: Stage) -> Iterator[tuple[Page, Seen]]:
    found = next(
        (path for path in ("/usr/bin/chromium", *map(shutil.which, NAMES)) if path and Path(path).exists()), ""
    )
    if not found:
        pytest.fail("no chromium found; hint: apt-get install chromium, or put chromium or google-chrome on PATH")
    seen = Seen()
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=found, args=FLAGS.split())
        opened = browser.new_context(viewport={"width": 1400, "height": 1000}).new_page()
        opened.set_default_timeout(PATIENCE_MS)
        opened.on("console", lambda message: seen.complaints.append(f"{message.type}: {message.text}"))
        opened.on("pageerror", lambda error: seen.complaints.append(str(error)))
        opened.on("request", lambda request: seen.requests.append(request.url))
        opened.goto(stage.serving.url)
        yield opened, seen
        browser.close()


def told(page: Page, selector: str, text: str) -> None:
    expect(page.locator(selector)).to_contain_text(text, timeout=PATIENCE_MS)


def test_people_play_a_whole_day(stage: Stage, page: tuple[Page, Seen]) -> None:
    opened, seen = page
    told(opened, "#phase", "playing")
    opened.fill("#by", "Ann")
    opened.click("#join")
    told(opened, "#people", "Ann")
    opened.select_option("#fault", "gateway_down")
    opened.fill("#on", "api1-to-stripe")
    opened.click("#preview")
    told(opened, "#blast", "of the payments")
    opened.fill("#hypothesis", "the other gateway carries it within 10 s")
    opened.fill("#for", "60s")
    opened.click("#go")
    told(opened, "#experiments", "gateway_down at api1-to-stripe")
    expect(opened.locator('[data-link="api1-to-stripe"]')).to_have_class("way broken", timeout=PATIENCE_MS)
    told(opened, "#state", "stripe charge open")
    opened.keyboard.press("Escape")
    told(opened, "#stopped", "Stopped by Ann")
    expect(opened.locator("#go")).to_be_disabled()
    expect(opened.locator('[data-link="api1-to-stripe"]')).to_have_class("way", timeout=PATIENCE_MS)
    assert stage.journal.outstanding == {}
    opened.click("#release")
    expect(opened.locator("#stopped")).to_be_hidden()
    opened.once("dialog", lambda dialog: _say(dialog, "it took 4 s"))
    opened.click("#experiments button")
    opened.fill("#note-text", "<b>coffee</b>")
    opened.click("#note button[type=submit]")
    told(opened, "#book", "<b>coffee</b>")
    opened.click('[data-clock="detected"]')
    told(opened, "#book", "clock (detected)")
    assert opened.locator("canvas").count() == 2
    assert opened.evaluate("document.documentElement.scrollWidth - innerWidth") <= 0
    opened.click("#finish")
    told(opened, "#book", "ended")
    stage.shown.verdict = Verdict("PASS", ("nothing went wrong",), "a-run")
    told(opened, "#verdict", "PASS")
    kinds = [item.kind for item in read_book(stage.folder)]
    assert kinds == ["joined", "hypothesis", "injected", "stopped", "released", "observation", "note", "clock", "ended"]
    assert seen.complaints == []
    assert [url for url in seen.requests if not url.startswith((stage.serving.url, "data:"))] == []


@pytest.mark.parametrize("stage", ["surprise"], indirect=True)
def test_in_a_surprise_only_the_facilitator_sees_what_is_broken(stage: Stage, page: tuple[Page, Seen]) -> None:
    player, _ = page
    told(player, "#phase", "playing")
    leader = player.context.new_page()
    leader.goto(stage.serving.facilitator_url)
    leader.set_default_timeout(PATIENCE_MS)
    told(leader, "#rounds", "gateway_down on api1-to-stripe for 60s")
    leader.fill("#by", "Fay")
    leader.click("#next")
    told(leader, "#experiments", "gateway_down at api1-to-stripe")
    told(player, "#state", "stripe charge open")
    assert player.locator(".broken").count() == 0
    assert player.locator("#experiments li").count() == 0
    assert not player.locator("#inject").is_visible()
    expect(leader.locator("#rounds li")).to_have_count(1, timeout=PATIENCE_MS)
    player.fill("#by", "Ann")
    player.click('[data-clock="detected"]')
    told(player, "#book", "clock (detected)")
    assert "gateway_down" not in (player.text_content("#book") or "")
    refused = session().post(f"{stage.serving.url}do/heal", json={"by": "ann"}, timeout=10)
    assert (refused.status_code, "only the facilitator" in refused.json()["error"]) == (409, True)
    player.keyboard.press("Escape")
    told(player, "#stopped", "Stopped by Ann")
    assert stage.journal.outstanding == {}
    kinds = [item.kind for item in read_book(stage.folder)]
    assert kinds == ["injected", "clock", "stopped"]


def _say(dialog: Dialog, text: str) -> None:
    with suppress(Exception):
        dialog.accept(text)


def test_the_page_says_what_is_wrong_and_changes_nothing(stage: Stage, page: tuple[Page, Seen]) -> None:
    opened, _ = page
    told(opened, "#phase", "playing")
    opened.click("#preview")
    told(opened, "#said", "Write your name first")
    opened.fill("#by", "Ann")
    opened.fill("#on", "api9-to-nowhere")
    opened.click("#preview")
    told(opened, "#said", "no link matches")
    assert stage.journal.outstanding == {}


@pytest.mark.parametrize("path", ["", "opening", "events", "report.html"])
def test_nothing_is_served_without_the_word(stage: Stage, path: str) -> None:
    root = stage.serving.url.split("/t/")[0]
    for address in (f"{root}/{path}", f"{root}/t/guess/{path}"):
        reply = session().get(address, timeout=10)
        assert (reply.status_code, reply.content) == (403, b"")


def test_what_is_sent_is_bounded_and_checked(stage: Stage) -> None:
    send = session().post
    assert send(f"{stage.serving.url}do/note", data=b"x" * 70_000, timeout=10).status_code == 413
    assert send(f"{stage.serving.url}do/note", data=b'{"by": 1}', timeout=10).status_code == 400
    refused = send(
        f"{stage.serving.url}do/inject", json={"by": "ann", "fault": "gateway_down", "for": "9s"}, timeout=10
    )
    assert refused.status_code == 409
    assert "what you expect" in refused.json()["error"]
    assert send(f"{stage.serving.url}do/dance", json={"by": "ann"}, timeout=10).status_code == 409
