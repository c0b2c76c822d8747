"""A game day on the real platform, played in a browser; what shells inject; and a stop, whoever holds the platform."""

import json
import re
import shutil
import signal
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect, sync_playwright

from tests.e2e.conftest import Faultline

pytestmark = [pytest.mark.e2e, pytest.mark.thorough, pytest.mark.timeout(600)]

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
FLAGS = "--headless --no-sandbox --disable-gpu --no-first-run --disable-background-networking --disable-sync"
PATIENCE_MS = 120_000


@pytest.fixture
def page() -> Iterator[Page]:
    found = next((path for path in map(shutil.which, NAMES) if path), "")
    if not found:
        pytest.fail("no chromium found; hint: apt-get install chromium, or put chromium or google-chrome on PATH")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=found, args=FLAGS.split())
        opened = browser.new_page(viewport={"width": 1400, "height": 1000})
        opened.set_default_timeout(PATIENCE_MS)
        yield opened
        browser.close()


def told(page: Page, selector: str, text: str) -> None:
    expect(page.locator(selector)).to_contain_text(text, timeout=PATIENCE_MS)


def until(check: Callable[[], bool], what: str, deadline_s: float = 60) -> None:
    ends = time.monotonic() + deadline_s
    while not check():
        assert time.monotonic() < ends, what
        time.sleep(0.1)


def inject(page: Page, fault: str, on: str, hypothesis: str) -> None:
    page.select_option("#fault", fault)
    page.fill("#on", on)
    page.fill("#hypothesis", hypothesis)
    page.fill("#for", "60s")
    page.click("#go")
    told(page, "#experiments", fault)


def test_a_whole_game_day(faultline: Faultline, page: Page) -> None:
    with faultline.start("gameday", "--rate", "12", "--for", "10m", "--stay", "120s", "--seed", "7") as day:
        assert day.stdout is not None
        page.goto(day.stdout.readline().strip())
        told(page, "#phase", "playing")
        page.fill("#by", "Ann")
        page.click("#join")
        page.wait_for_timeout(8_000)
        inject(page, "gateway_down", "stripe", "the other gateway carries it")
        expect(page.locator('[data-link="api1-to-stripe"]')).to_have_class("way broken", timeout=PATIENCE_MS)
        page.wait_for_timeout(5_000)
        shell = faultline.start("inject", "gateway_latency", "--on", "paypal", "--for", "100s", "--by", "Bob")
        told(page, "#experiments", "gateway_latency")
        page.wait_for_timeout(4_000)
        page.keyboard.press("Escape")
        told(page, "#stopped", "Stopped by Ann")
        assert "healed gateway_latency" in shell.communicate(timeout=60)[0]
        assert not any("outstanding" in line for line in faultline.held())
        refused = faultline("inject", "gateway_down", "--for", "5s")
        assert (refused.code, "Ann stopped everything" in refused.err) == (64, True)
        page.click("#release")
        expect(page.locator("#stopped")).to_be_hidden(timeout=PATIENCE_MS)
        page.fill("#note-text", "a note beside the faults")
        page.click("#note button[type=submit]")
        page.click('[data-clock="resolved"]')
        page.wait_for_timeout(6_000)
        page.click("#finish")
        told(page, "#verdict", "the draft of the retro")
        day.send_signal(signal.SIGINT)
        day.communicate(timeout=120)
        assert day.returncode in (0, 2), "no money went wrong"
    _check(faultline.newest_run())


def _check(run: Path) -> None:
    """The report has people's words beside faults that were really on, and the retro its six steps."""
    verdict = json.loads((run / "verdict.json").read_text())
    assert [item["name"] for item in verdict["faults"]] == ["gateway_down", "gateway_latency"]
    assert all(item["hits"] > 0 for item in verdict["faults"])
    assert not [item["id"] for item in verdict["invariants"] if item["verdict"] == "FAIL"]
    report = (run / "report.html").read_text()
    assert "What people did and said" in report
    assert "a note beside the faults" in report
    steps = re.findall(r"^## (\d)\. (.+)$", (run / "retro.md").read_text(), re.MULTILINE)
    assert [name for _, name in steps] == ["Identify", "Respond", "Localise", "Execute", "Resolve", "Follow up"]


def test_what_a_shell_injected_is_healed_when_it_is_killed(faultline: Faultline) -> None:
    shell = faultline.start("inject", "api_frozen", "--for", "300s")
    until(lambda: any("outstanding" in line for line in faultline.held()), "nothing was injected")
    shell.send_signal(signal.SIGKILL)
    shell.communicate(timeout=10)
    until(lambda: faultline.held() == [], "the guard did not clean up")
    assert faultline("heal").code == 0
    assert faultline("status").code == 0


def test_a_stop_ends_a_scenario_and_the_next_one_waits_for_a_release(faultline: Faultline) -> None:
    run = faultline.start("run", "primary_gateway_outage", "--seed", "3")
    until(lambda: any("outstanding" in line for line in faultline.held()), "nothing was injected", 120)
    stopped = faultline("stop", "--by", "ann")
    assert (stopped.code, "healed and verified" in stopped.out) == (0, True), stopped.err
    run.communicate(timeout=120)
    assert run.returncode == 143
    refused = faultline("run", "calm", "--duration", "6s")
    assert (refused.code, "ann stopped everything" in refused.err) == (64, True)
    assert faultline("release", "--by", "bob").code == 0
    assert faultline("status").code == 0
