"""The capacity page in a real browser, from a file: drawn, readable, in any width and either light."""

from pathlib import Path

import pytest
from playwright.sync_api import Browser

from harness.run.surveying import write_report
from tests.reports.capacity import made
from tests.reports.test_page_in_a_browser import INK, SCHEMES, Opened, Scheme, browser

__all__ = ["browser"]


@pytest.fixture(scope="module")
def path(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("capacity")
    write_report(made.report(), folder)
    return folder / "capacity.html"


@pytest.mark.parametrize("scheme", SCHEMES)
@pytest.mark.parametrize("width", [360, 1280])
def test_it_is_drawn_without_a_complaint_and_nothing_is_wider_than_the_screen(
    browser: Browser, path: Path, width: int, scheme: Scheme
) -> None:
    page = browser.new_page(viewport={"width": width, "height": 900}, color_scheme=scheme)
    opened = Opened(page, path)
    assert opened.complaints == []
    assert opened.requests == [path.as_uri()]
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    canvases = page.locator("canvas").all()
    assert len(canvases) == 4
    assert all(canvas.evaluate(INK) > 2 for canvas in canvases)
    number = page.locator(".number").bounding_box()
    assert number is not None
    assert number["y"] + number["height"] < 900
    page.close()
