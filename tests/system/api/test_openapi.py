"""The API documents itself: every route, every answer, every error code; and what it answers is what it says."""

import asyncio
import json
import os
import re
import shutil
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import hypothesis
import msgspec
import pytest
import schemathesis
from hypothesis import strategies as st
from playwright.async_api import async_playwright
from schemathesis.core.parameters import ParameterLocation
from schemathesis.generation import GenerationMode
from schemathesis.specs.openapi import checks
from starlette.routing import Route

from system import states
from system.api import app as application
from system.api.described.errors import ANYWHERE, CODES, INDEFINITE, SOON
from system.api.openapi import ROUTES, document
from system.core.resources import Error
from system.signing import sign
from tests.system.api.contract import Exchange, conversation
from tests.system.core.fakes import Shop
from tests.system.webhooks.conftest import SECRETS

ROOT = Path(__file__).parents[3]
OWN_PAGES = {"/openapi.json", "/docs", "/docs/oauth2-redirect"}
SERVED_HERE = pytest.mark.filterwarnings("ignore:Do not use the `random` module inside strategies")
"""The platform answers in this process, and draws its ids while cases are drawn."""
LEFT_OUT = ("reset", "crash-point", "clock", "switch-gateway", "fallback-gateway")
"""What takes the platform from under the other cases."""
CHECKS = (
    checks.status_code_conformance,
    checks.content_type_conformance,
    checks.response_headers_conformance,
    checks.response_schema_conformance,
)
BROWSERS = ("chromium", "chromium-browser", "google-chrome")
SHOT = "FAULTLINE_SCREENSHOT"
"""Set to a file, the page is kept there for people to look at."""


def test_the_document_in_the_repository_is_the_one_that_is_served() -> None:
    written = json.loads((ROOT / "docs" / "openapi.json").read_text())
    assert written == json.loads(msgspec.json.encode(document())), "make docs-api writes it again"


@pytest.mark.real
async def test_every_route_is_described_and_nothing_else_is(shop: Shop) -> None:
    app = application.make_app(shop.platform)
    served = {
        (method, route.path)
        for route in app.routes
        if isinstance(route, Route) and route.path not in OWN_PAGES
        for method in (route.methods or set()) - {"HEAD"}
    }
    assert served == set(ROUTES)


def test_every_error_code_of_the_sources_is_described_and_no_other() -> None:
    sources = [path for path in (ROOT / "system").rglob("*.py") if "described" not in path.parts]
    text = "\n".join(path.read_text() for path in sources)
    # `parse.not_found(what)` makes its code of a word.
    text += "".join(f'"{what}_not_found"' for what in re.findall(r'not_found\("(\w+)"\)', text))
    missing = [code for code in {**CODES, **ANYWHERE} if f'"{code}"' not in text]
    assert missing == []
    raised = re.findall(r'Refused\(\s*\d+,\s*"\w+",\s*"(\w+)"', text)
    raised += re.findall(r'(?:invalid|_conflict|SignatureError|_error)\(\s*"(\w+)"', text)
    assert len(raised) > 40
    assert set(raised) <= {*CODES, *ANYWHERE}


def test_the_statuses_of_a_payment_are_those_of_its_states() -> None:
    assert set(states.PaymentStatus) == {
        states.INITIAL,
        *(end for edge in states.EDGES for end in edge),
        *states.TERMINAL,
    }


def test_every_example_is_what_its_route_takes() -> None:
    examples = {key: route for key, route in ROUTES.items() if route.example is not None}
    assert len(examples) >= 7
    for route in examples.values():
        assert msgspec.convert(route.example, route.body, strict=True)


@pytest.mark.real
async def test_every_recorded_answer_is_whole_as_its_model_says(shop: Shop) -> None:
    """Decoded by its model and encoded again it is the same, byte for byte: no field is missing and none is unknown."""
    said = (await conversation(shop)).exchanges
    assert len(said) > 70
    for exchange in said:
        model = _model(exchange)
        decoded = msgspec.json.decode(exchange.raw, type=model, strict=True)
        assert json.loads(msgspec.json.encode(decoded)) == json.loads(exchange.raw), exchange


@pytest.mark.real
async def test_what_an_error_says_beside_its_code_is_as_described(shop: Shop) -> None:
    """Status, type, whether it is definite, and when to ask again."""
    seen = set()
    for name, answer in (await conversation(shop)).answers.items():
        if answer["status"] < 400 or answer["status"] == 402:
            continue
        error = json.loads(re.sub(r"<\w+>", "x", answer["body"]))["error"]
        code = error["code"]
        status, kind, _ = {**CODES, **ANYWHERE}[code]
        said = (answer["status"], error["type"], error["definite"], "retry-after" in answer["headers"])
        assert said == (status, kind, code not in INDEFINITE, code in SOON), name
        seen.add(code)
    assert len(seen) > 30


def _model(exchange: Exchange) -> Any:
    if exchange.status >= 400 and not exchange.path.startswith("/health"):
        return Error
    for (method, path), route in ROUTES.items():
        pattern = re.sub(r"{\w+}", r"[^/]+", path)
        if method == exchange.method and re.fullmatch(pattern, exchange.path):
            return route.answers[exchange.status].model
    raise AssertionError(exchange)


@pytest.mark.real
async def test_the_page_needs_nobody_else(shop: Shop) -> None:
    async with shop.session.get(f"{shop.url}/docs") as response:
        assert response.status == 200
        page = await response.text()
    assets = re.findall(r'(?:src|href)="([^"]+)"', page)
    assert len(assets) >= 3
    for asset in assets:
        assert asset.startswith("/"), asset
        async with shop.session.get(shop.url + asset) as response:
            assert response.status == 200, asset
    async with shop.session.get(f"{shop.url}/openapi.json") as response:
        assert await response.json() == json.loads(msgspec.json.encode(document()))


@dataclass(frozen=True)
class Seeded:
    """What is there for cases to be about."""

    payment: str
    held: str
    refund: str


async def seeded(shop: Shop) -> Seeded:
    _, paid, _, _ = await shop.create("seed-1")
    _, held, _, _ = await shop.create("seed-2", capture="manual")
    _, back, _, _ = await shop.refund(paid["id"], "seed-3", amount_minor=100)
    return Seeded(paid["id"], held["id"], back["id"])


def cases(shop: Shop, there: Seeded, examples: int) -> int:
    """Send so many cases to every operation, half of them nonsense, and return how many there were.

    Raises what a check does.
    """
    schema = schemathesis.openapi.from_url(f"{shop.url}/openapi.json")
    sent = 0
    for found in schema.get_all_operations():
        operation = found.ok()
        if operation.path.endswith(LEFT_OUT):
            continue
        for mode in (GenerationMode.POSITIVE, GenerationMode.NEGATIVE):
            try:
                strategy = operation.as_strategy(generation_mode=mode)
                sent += _ask(shop, strategy, there, examples)
            except hypothesis.errors.Unsatisfiable:
                assert mode is GenerationMode.NEGATIVE, operation.label
    return sent


def _ask(shop: Shop, strategy: Any, there: Seeded, examples: int) -> int:
    count = 0

    @hypothesis.settings(
        max_examples=examples,
        deadline=None,
        database=None,
        derandomize=True,
        phases=[hypothesis.Phase.generate],
        suppress_health_check=list(hypothesis.HealthCheck),
    )
    @hypothesis.given(case=strategy, known=st.integers(0, 2))
    def one(case: Any, known: int) -> None:
        nonlocal count
        count += 1
        if known and case.path_parameters:
            ids = {"payment_id": (there.payment, there.held)[known - 1], "refund_id": there.refund}
            case.path_parameters = {name: ids.get(name, value) for name, value in case.path_parameters.items()}
        response = case.call(headers=_signed(case) if known else {})
        assert response.status_code != 500, response.content
        # An id or a header that was put in may have been all the nonsense that there was.
        put_in = case.path_parameters or (known and ParameterLocation.HEADER in _nonsense(case))
        also = [] if put_in else [checks.negative_data_rejection]
        case.validate_response(response, checks=[*CHECKS, *also])

    one()
    return count


def _nonsense(case: Any) -> set[ParameterLocation]:
    """Return the parts of a case that are not as the document wants them."""
    return {part for part, info in case.meta.components.items() if info.mode is GenerationMode.NEGATIVE}


def _signed(case: Any) -> dict[str, str]:
    """Return the header that says who asks, as the route wants it said."""
    route: Callable[..., Any] | Any = ROUTES[case.method.upper(), case.path]
    if route.security in ("stripe", "paypal"):
        name = {"stripe": "Stripe-Signature", "paypal": "PayPal-Signature"}[route.security]
        secret = SECRETS[f"{route.security}_webhook_secret"]
        body = case.as_transport_kwargs().get("json")
        raw = json.dumps(body).encode() if body is not None else b""
        return {name: sign(secret, raw, int(time.time()))}
    token = {"merchant": "test-key-m_alpha", "operator": "test-operator-token"}.get(route.security)
    return {"Authorization": f"Bearer {token}"} if token else {}


@pytest.mark.real
@SERVED_HERE
@pytest.mark.parametrize(
    ("examples", "at_least"),
    [(8, 300), pytest.param(300, 10_000, marks=pytest.mark.thorough)],
    ids=["some", "thousands"],
)
async def test_no_case_is_answered_otherwise_than_the_document_says(shop: Shop, examples: int, at_least: int) -> None:
    there = await seeded(shop)
    assert await asyncio.to_thread(cases, shop, there, examples) > at_least


@pytest.mark.real
async def test_a_reader_finds_every_operation_on_the_page_and_nobody_else_is_asked(shop: Shop) -> None:
    found = next((path for path in map(shutil.which, BROWSERS) if path), "")
    assert found, "no chromium found; hint: apt-get install chromium, or put chromium or google-chrome on PATH"
    asked: list[str] = []
    said: list[str] = []
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=found, args=["--no-sandbox"])
        page = await browser.new_page()
        page.on("request", lambda request: asked.append(request.url))
        page.on("console", lambda message: said.append(message.text) if message.type == "error" else None)
        await page.goto(f"{shop.url}/docs")
        await page.wait_for_selector(".opblock")
        shown = await page.locator(".opblock-summary-description").all_inner_texts()
        await page.locator(".opblock-summary-description", has_text="Make a payment, or hold its money").click()
        await page.wait_for_selector(".responses-table")
        answers = await page.locator(".responses-table .response-col_status").all_inner_texts()
        if SHOT in os.environ:
            await page.screenshot(path=os.environ[SHOT], full_page=True)
        await browser.close()
    assert sorted(shown) == sorted(route.summary for route in ROUTES.values())
    assert {"201", "202", "400", "402", "409", "422", "503"} <= {text.strip() for text in answers}
    assert [url for url in asked if not url.startswith((shop.url, "data:"))] == []
    assert said == []
