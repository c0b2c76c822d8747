"""The page in a real browser, opened from a file as a reader would: drawn, readable, in any width and either light."""

import shutil
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Literal

import pytest
from playwright.sync_api import Browser, Page, sync_playwright

from harness.core.evidence import Evidence
from harness.core.report import Report
from reports.formats import html
from tests.reports import run_folder

Scheme = Literal["light", "dark"]
SCHEMES: tuple[Scheme, ...] = ("light", "dark")
NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
FLAGS = (
    "--headless --no-sandbox --disable-gpu --disable-quic --no-first-run --disable-background-networking "
    "--disable-component-update --disable-sync"
)
INK = """canvas => {
    const pixels = canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height).data;
    const seen = new Set();
    for (let at = 0; at < pixels.length; at += 4) if (pixels[at + 3]) seen.add(pixels.slice(at, at + 4).join());
    return seen.size;
}"""


class Opened:
    """A page that was opened, with everything it complained about and everything it asked the network for."""

    def __init__(self, page: Page, path: Path) -> None:
        self.page = page
        self.complaints: list[str] = []
        self.requests: list[str] = []
        page.on("console", lambda message: self.complaints.append(f"{message.type}: {message.text}"))
        page.on("pageerror", lambda error: self.complaints.append(str(error)))
        page.on("request", lambda request: self.requests.append(request.url))
        page.goto(path.as_uri())

    def readout(self) -> dict[str, str]:
        script = "items => Object.fromEntries(items.map(i => [...i.children].map(c => c.textContent)))"
        return dict(self.page.locator("#readout > div").evaluate_all(script))


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    found = next(
        (path for path in ("/usr/bin/chromium", *map(shutil.which, NAMES)) if path and Path(path).exists()), ""
    )
    if not found:
        pytest.fail("no chromium found; hint: apt-get install chromium, or put chromium or google-chrome on PATH")
    with sync_playwright() as playwright:
        launched = playwright.chromium.launch(executable_path=found, args=FLAGS.split())
        yield launched
        launched.close()


@pytest.fixture(scope="module")
def files(broken_run: Evidence, sound_run: Evidence, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    folder = tmp_path_factory.mktemp("pages")
    made: dict[str, tuple[Report, Evidence]] = {
        "FAIL": (run_folder.failed(), broken_run),
        "PASS": (run_folder.passed(), sound_run),
        "INCONCLUSIVE": (run_folder.undecided(), sound_run),
        "FAILOVER": (replace(run_folder.passed(), **run_folder.failed_over()), sound_run),
    }
    for name, (report, evidence) in made.items():
        (folder / f"{name}.html").write_text(html.render(report, evidence))
    return {name: folder / f"{name}.html" for name in made}


@pytest.fixture
def opened(browser: Browser, files: dict[str, Path]) -> Iterator[Opened]:
    context = browser.new_context(viewport={"width": 1400, "height": 900})
    yield Opened(context.new_page(), files["FAIL"])
    context.close()


@pytest.mark.parametrize("verdict", ["FAIL", "PASS", "INCONCLUSIVE", "FAILOVER"])
@pytest.mark.parametrize("width", [380, 1400])
@pytest.mark.parametrize("scheme", SCHEMES)
def test_it_draws_without_complaint_or_network_and_without_sideways_scrolling(
    browser: Browser, files: dict[str, Path], verdict: str, width: int, scheme: Scheme
) -> None:
    context = browser.new_context(viewport={"width": width, "height": 900}, color_scheme=scheme)
    opened = Opened(context.new_page(), files[verdict])
    inks = [canvas.evaluate(INK) for canvas in opened.page.locator("canvas").all()]
    scrolls = opened.page.evaluate("document.documentElement.scrollWidth - innerWidth")
    paper = opened.page.evaluate("getComputedStyle(document.body).backgroundColor.match(/\\d+/g).map(Number)")
    context.close()
    assert opened.complaints == []
    assert [url for url in opened.requests if not url.startswith(("file:", "data:"))] == []
    assert len(inks) == (7 if verdict == "FAILOVER" else 6)
    assert all(colours > 5 for colours in inks)
    assert scrolls <= 0
    assert (max(paper) < 60) == (scheme == "dark")


def test_pointing_at_one_chart_moves_the_cursor_of_all_and_reads_everything_out(opened: Opened) -> None:
    chart = opened.page.locator('[data-chart="heat"] .u-over')
    chart.scroll_into_view_if_needed()
    box = chart.bounding_box()
    assert box is not None
    opened.page.mouse.move(box["x"] + box["width"] * 20.5 / 61, box["y"] + 60)
    told = opened.readout()
    assert told["time"] == "20 s"
    assert told["offered"] == "50/s"
    assert told["paypal"] == "50/s"
    assert told["breakers"] == "stripe charge open"
    assert told["alerts"] == "PaymentServiceGatewayFailure pending"
    assert told["fault"] == "gateway_down"
    places = opened.page.locator(".u-cursor-x").evaluate_all("all => all.map(c => c.getBoundingClientRect().x)")
    assert len(places) == 6
    assert max(places) - min(places) < 2


@pytest.mark.parametrize("width", [380, 1400])
def test_the_waterfall_of_a_failover_stands_on_the_same_axis_and_is_read_out(
    browser: Browser, files: dict[str, Path], width: int
) -> None:
    context = browser.new_context(viewport={"width": width, "height": 900})
    opened = Opened(context.new_page(), files["FAILOVER"])
    edges = opened.page.locator(".u-over").evaluate_all(
        "all => all.map(o => o.getBoundingClientRect()).map(b => `${Math.round(b.left)} ${Math.round(b.right)}`)"
    )
    opened.page.locator("#charts").focus()
    opened.page.keyboard.press("Home")
    for _ in range(15):
        opened.page.keyboard.press("ArrowRight")
    told = opened.readout()
    table = opened.page.locator("#recovery tbody th").all_text_contents()
    context.close()
    assert len(edges) == 7
    assert len(set(edges)) == 1
    assert (told["time"], told["recovery"]) == ("15 s", "detect, decide, promote, clients")
    assert table == ["detect", "decide", "promote", "reconnect", "drain", "clients"]


def test_the_arrow_keys_move_the_cursor_by_one_second(opened: Opened) -> None:
    opened.page.locator("#charts").focus()
    opened.page.keyboard.press("End")
    opened.page.keyboard.press("Home")
    for _ in range(3):
        opened.page.keyboard.press("ArrowRight")
    assert opened.readout()["time"] == "3 s"
    assert opened.readout()["fault"] == "none"


def test_every_chart_shares_the_left_and_right_edge(opened: Opened) -> None:
    edges = opened.page.locator(".u-over").evaluate_all(
        "all => all.map(o => o.getBoundingClientRect()).map(b => `${Math.round(b.left)} ${Math.round(b.right)}`)"
    )
    assert len(edges) == 6
    assert len(set(edges)) == 1


def test_charts_follow_the_width_of_the_window_and_the_colours_of_the_system(opened: Opened) -> None:
    canvas = opened.page.locator("canvas").first
    before = canvas.evaluate("canvas => canvas.toDataURL()")
    opened.page.emulate_media(color_scheme="dark")
    opened.page.wait_for_function("before => document.querySelector('canvas').toDataURL() !== before", arg=before)
    opened.page.set_viewport_size({"width": 500, "height": 900})
    opened.page.wait_for_function("() => document.querySelector('canvas').getBoundingClientRect().width < 500")
    assert opened.page.evaluate("document.documentElement.scrollWidth") <= 500


def test_a_finding_leads_to_the_story_of_its_counterexample(opened: Opened) -> None:
    opened.page.get_by_role("link", name="See its story").first.click()
    opened.page.wait_for_function(
        "() => Math.abs(document.querySelector('#story-1').getBoundingClientRect().top) < 200"
    )
    drawing = opened.page.get_by_role("img", name="Drawing of this payment's messages")
    rows = opened.page.get_by_role("region", name="Story 1 in words").locator("tbody tr")
    assert drawing.locator("b").count() == rows.filter(has=opened.page.locator("th")).count()


def test_it_prints_without_controls_and_on_white(opened: Opened) -> None:
    opened.page.emulate_media(media="print", color_scheme="light")
    assert not opened.page.locator("nav").is_visible()
    assert not opened.page.locator("#readout").is_visible()
    assert opened.page.locator("h1").is_visible()
    opened.page.set_viewport_size({"width": 720, "height": 1000})
    rights = opened.page.locator("canvas").evaluate_all("all => all.map(c => c.getBoundingClientRect().right)")
    assert max(rights) <= 720
    assert opened.page.evaluate("document.documentElement.scrollWidth") <= 720
    assert opened.page.pdf(format="A4")[:4] == b"%PDF"


def test_text_stands_out_from_its_ground_in_both_schemes(browser: Browser, files: dict[str, Path]) -> None:
    script = """() => {
        const style = getComputedStyle(document.documentElement);
        const probe = document.createElement("canvas").getContext("2d");
        const channels = name => { probe.fillStyle = style.getPropertyValue(name); probe.fillRect(0, 0, 1, 1);
            return [...probe.getImageData(0, 0, 1, 1).data].slice(0, 3); };
        const linear = c => c <= .03928 ? c / 12.92 : ((c + .055) / 1.055) ** 2.4;
        const light = name => channels(name).map(c => linear(c / 255))
            .reduce((sum, c, at) => sum + c * [.2126, .7152, .0722][at], 0);
        const ratio = (one, other) => { const [high, low] = [light(one), light(other)].sort((a, b) => b - a);
            return (high + .05) / (low + .05); };
        const pairs = [["--ink", "--paper"], ["--ink-2", "--paper"], ["--ink-2", "--card"], ["--accent", "--card"],
            ["--good", "--good-tint"], ["--bad", "--bad-tint"], ["--doubt", "--doubt-tint"], ["--ink-2", "--tint"]];
        return pairs.map(([one, other]) => [`${one} on ${other}`, ratio(one, other)]);
    }"""
    for scheme in SCHEMES:
        context = browser.new_context(color_scheme=scheme)
        ratios = dict(Opened(context.new_page(), files["FAIL"]).page.evaluate(script))
        context.close()
        assert {pair: ratio for pair, ratio in ratios.items() if ratio < 4.5} == {}
