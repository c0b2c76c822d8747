"""The load speaks to a system that is not ours: requests as its adapter words them, answers in the words of our API."""

import json
from typing import Any

import pytest

from harness.core.adapter import Payment, Request
from harness.core.verdicts import Outcome
from loadtests.answers import read
from loadtests.cards import DECLINED_CARD
from loadtests.flows import discover
from loadtests.http1 import Answer
from loadtests.job import Merchant
from loadtests.journal import REPLAYED
from loadtests.mapping import FLOWS, MappedWire, flows, sendable
from loadtests.operations import Operation
from loadtests.plan import Arrival
from loadtests.session import Session
from loadtests.tally import Tally
from tests.harness.targets.remote.fake import Listing
from tests.loadtests.stage import START_US, PromptJournal, Stage, job

SHOP = [Merchant("shop", "", "EUR", 2)]


class ForeignApi:
    """A system with a dialect of its own, that does what it is told to say."""

    def __init__(self, *answers: tuple[int, object]) -> None:
        self.answers = list(answers)
        self.asked: list[tuple[str, dict[str, str], object]] = []

    def exchange(self, replica: int, request: bytes, patience_s: float = 0.0) -> Answer:
        head, _, body = request.partition(b"\r\n\r\n")
        first, *lines = head.decode("latin-1").split("\r\n")
        headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in lines)}
        assert headers.get("content-length", "0") == str(len(body))
        self.asked.append((first.rsplit(" ", 1)[0], headers, json.loads(body) if body[:1] == b"{" else body or None))
        status, told = self.answers.pop(0)
        if isinstance(told, str):
            return Answer(error=told)
        payload = told if isinstance(told, bytes) else json.dumps(told).encode()
        return Answer(status, b"http/1.1 %d x\r\ncontent-length: %d" % (status, len(payload)), payload)


def wire() -> MappedWire:
    return MappedWire(job(merchants=SHOP, api_urls={"shop": "http://127.0.0.1:28300"}), Listing())


def played(api: ForeignApi, flow: str = "sale", card: str = "pm_card_visa") -> Stage:
    stage = Stage()
    stage.exchange = api.exchange  # type: ignore[method-assign]
    planned = job(merchants=SHOP, api_urls={"shop": "http://127.0.0.1:28300"})
    arrival = Arrival(3, 0, flow, 0, 1_999, card, 0, 7)
    journal = PromptJournal(stage, Tally(), stage.now_us)
    session = Session(planned, MappedWire(planned, Listing()), stage, journal, arrival, START_US, 0)
    discover()[flow].run(session, arrival)
    return stage


PAID = {"word": "paid", "payment_id": "p1", "amount_minor": 1999, "currency": "EUR"}


def test_a_sale_is_asked_for_in_the_systems_words_and_told_in_ours() -> None:
    api = ForeignApi((201, PAID))
    stage = played(api)
    what, headers, body = api.asked[0]
    assert (what, body) == ("POST /pay", {"order": "s7-3-pay", "amount": 1999, "declines": False})
    assert headers["idempotency-key"] == "s7-3-1"
    done = stage.completes[0]
    assert (done.outcome, done.http_status, done.got_payment_id, done.got_status) == ("OK", 200, "p1", "captured")
    assert (done.got_amount_minor, done.got_captured_minor, done.got_merchant_id) == (1999, 1999, "shop")


def test_a_card_that_must_be_declined_is_told_to_the_adapter() -> None:
    api = ForeignApi((402, {"word": "failed", "payment_id": "p1"}))
    stage = played(api, "decline")
    assert api.asked[0][2] == {"order": "s7-3-pay", "amount": 1999, "declines": True}
    assert [(line.outcome, line.http_status) for line in stage.completes] == [("FAILED", 402)]


@pytest.mark.parametrize(
    ("told", "outcome", "status", "code"),
    [
        ({"word": "refused"}, Outcome.FAILED, 400, "refused"),
        ({"word": "refused", "code": "no_such_card"}, Outcome.FAILED, 400, "no_such_card"),
        ({"word": "key_reused", "code": "mine"}, Outcome.FAILED, 422, "idempotency_key_reused"),
        ({"word": "busy"}, Outcome.UNKNOWN, 409, "idempotency_key_in_use"),
        ({"word": "unknown"}, Outcome.UNKNOWN, 500, "unknown"),
        ({"word": "pending", "payment_id": "p1"}, Outcome.UNKNOWN, 202, None),
        ({"word": "paid"}, Outcome.UNKNOWN, 200, None),
        (b"<html>", Outcome.UNKNOWN, 500, "adapter_failed"),
        ({"word": "splendid"}, Outcome.UNKNOWN, 500, "adapter_failed"),
        ({"word": "paid", "amount_minor": "19.99"}, Outcome.UNKNOWN, 500, "adapter_failed"),
    ],
)
def test_every_word_is_what_our_api_would_answer(
    told: Any, outcome: str, status: int, code: str | None, capsys: pytest.CaptureFixture[str]
) -> None:
    stage = Stage()
    operation = stage.session().draft_create()
    body = told if isinstance(told, bytes) else json.dumps(told).encode()
    answer = wire().heard(operation, Answer(200, b"http/1.1 200 ok", body))
    reading = read("create", answer)
    assert (reading.outcome, answer.status, reading.error_code) == (outcome, status, code)
    unreadable = "could not read an answer" in capsys.readouterr().err
    assert unreadable == (status == 500 and told != {"word": "unknown"})


def test_an_answer_that_never_came_is_not_shown_to_the_adapter() -> None:
    operation = Stage().session().draft_create()
    assert wire().heard(operation, Answer(error="timeout")) == Answer(error="timeout")


def test_a_repeated_answer_is_marked_and_different_bytes_stay_different() -> None:
    operation, head = Stage().session().draft_create(), b"http/1.1 200 ok"
    first = wire().heard(operation, Answer(200, head, json.dumps(PAID).encode()))
    again = wire().heard(operation, Answer(200, head, json.dumps({**PAID, "replayed": True}).encode()))
    same = wire().heard(operation, Answer(200, head, json.dumps(PAID).encode()))
    assert (REPLAYED in first.head, REPLAYED in again.head) == (False, True)
    assert first.body == same.body != again.body


def test_a_lost_answer_is_followed_by_reference_until_it_is_known() -> None:
    lost = [(0, "timeout")] * 4
    api = ForeignApi(*lost, (200, []), (200, [{"word": "pending", "payment_id": "p1"}]), (200, [PAID]))
    stage = played(api)
    assert [what for what, _, _ in api.asked] == ["POST /pay"] * 4 + ["GET /pay?order=s7-3-pay"] * 3
    assert {headers.get("idempotency-key") for what, headers, _ in api.asked if "POST" in what} == {"s7-3-1"}
    assert [kind for kind, _, _ in stage.told()] == ["create"] * 4 + ["list", "list", "get"]
    assert stage.completes[-1].got_status == "captured"


def test_a_read_of_what_is_not_there_is_not_found() -> None:
    operation = Stage().session().draft_get("p9", "order")
    answer = wire().heard(operation, Answer(200, b"http/1.1 200 ok", b"[]"))
    assert (answer.status, read("get", answer).error_code) == (404, "not_found")


def test_only_flows_that_any_system_can_be_asked_for_are_sent() -> None:
    assert sendable({"sale": 2.0, "refund": 1.0, "malformed": 1.0}) == {"sale": 2.0}
    assert set(discover()) >= FLOWS


# What an adapter may say besides


class Picky(Listing):
    """Cards, headers and merchants of its own, forms, and a currency in small letters."""

    currency = "eur"
    cards = ("4242", "5555")
    declined_cards = ("0002",)
    headers = {"X-Tenant": "chaos", "X-Who": "nobody"}  # noqa: RUF012
    merchants = {"shop": {"X-Who": "shop"}, "other": {"X-Who": "other"}}  # noqa: RUF012

    def send(self, payment: Payment) -> Request:
        form = {"card": payment.card, "currency": payment.currency, "merchant": payment.merchant}
        return Request("POST", "/pay", form=form, headers={"Idempotency-Key": payment.key})


BOTH = [Merchant("shop", "", "EUR", 2), Merchant("other", "", "EUR", 2)]


def sent_by(operation: Operation, adapter: Listing) -> tuple[dict[str, str], str]:
    planned = job(merchants=BOTH, api_urls={"shop": "http://127.0.0.1:28300"})
    head, _, body = MappedWire(planned, adapter).request(operation, 0).partition(b"\r\n\r\n")
    lines = (line.partition(": ") for line in head.decode().split("\r\n")[1:])
    return {name: value for name, _, value in lines}, body.decode()


def test_what_goes_with_every_request_is_the_adapters_then_the_merchants() -> None:
    operation = Stage().session().draft_create()
    operation.merchant = BOTH[1]
    headers, body = sent_by(operation, Picky())
    assert (headers["X-Tenant"], headers["X-Who"], headers["Idempotency-Key"]) == ("chaos", "other", operation.key)
    assert headers["Content-Type"] == "application/x-www-form-urlencoded"
    assert headers["Content-Length"] == str(len(body))
    assert "currency=eur&merchant=other" in body


@pytest.mark.parametrize(
    ("card", "own"),
    [("pm_card_visa", "4242"), ("pm_card_mastercard", "5555"), ("pm_card_amex", "4242"), (DECLINED_CARD, "0002")],
)
def test_a_loads_card_is_one_of_the_adapters(card: str, own: str) -> None:
    operation = Stage().session().draft_create(payment_method=card)
    operation.merchant = BOTH[0]
    assert sent_by(operation, Picky())[1].startswith(f"card={own}&")


def test_a_payment_that_is_shown_belongs_to_whoever_asked_and_its_currency_is_in_capitals() -> None:
    operation = Stage().session().draft_create()
    operation.merchant = BOTH[1]
    told = {"word": "paid", "payment_id": "p1", "amount_minor": 1999, "currency": "eur"}
    answer = wire().heard(operation, Answer(200, b"http/1.1 200 ok", json.dumps(told).encode()))
    shown = read("create", answer).subject
    assert (shown.merchant_id, shown.currency) == ("other", "EUR")


def test_flows_follow_from_merchants_and_cards() -> None:
    assert flows(merchants=2) - flows() == {"cross_tenant_key"}
    assert {"decline", "insufficient_funds"} & flows(declines=False) == set()
    mix = {"sale": 90.0, "same_key_race": 1.0, "refund": 5.0, "decline": 4.0, "cross_tenant_key": 2.0}
    assert sendable(mix) == {"sale": 90.0, "same_key_race": 4.75, "decline": 4.0}
    assert set(sendable(mix, merchants=2, declines=False)) == {"sale", "same_key_race", "cross_tenant_key"}
    assert sendable({"sale": 90.0, "same_key_race": 1.0}) == {"sale": 90.0, "same_key_race": 1.0}


def test_another_merchants_payment_is_asked_for_by_its_reference() -> None:
    paid = [{"word": "paid", "payment_id": name, "amount_minor": 1999, "currency": "EUR"} for name in ("p1", "p2")]
    api, stage = ForeignApi((200, paid[0]), (200, paid[1]), (200, [])), Stage()
    stage.exchange = api.exchange  # type: ignore[method-assign]
    planned = job(merchants=BOTH, api_urls={"shop": "http://127.0.0.1:28300"}, adapter="mine.py")
    arrival = Arrival(3, 0, "cross_tenant_key", 0, 1_999, "pm_card_visa", 0, 7)
    journal = PromptJournal(stage, Tally(), stage.now_us)
    adapter = Picky()
    session = Session(planned, MappedWire(planned, adapter), stage, journal, arrival, START_US, 0)
    discover()["cross_tenant_key"].run(session, arrival)
    assert [(what, headers["x-who"]) for what, headers, _ in api.asked] == [
        ("POST /pay", "shop"),
        ("POST /pay", "other"),
        ("GET /pay?order=s7-3-pay", "other"),
    ]
    assert stage.completes[-1].error_code == "not_found"


@pytest.mark.parametrize(("took_s", "least_s"), [(0.0, 0.0), (1.2, 0.6), (30.0, 0.75)])
def test_whoever_is_slow_to_show_a_payment_is_asked_less_often(took_s: float, least_s: float) -> None:
    """The pause after a look is at least half of what it took (half of a pause is chance), up to the longest pause."""
    stage = Stage()

    def exchange(replica: int, request: bytes, patience_s: float = 0.0) -> Answer:
        if request.startswith(b"POST"):
            return Answer(error="reset")
        stage.pauses_s.append(-1.0)  # a look
        stage.time_us += round(took_s * 1e6)
        return Answer(200, b"http/1.1 200 ok", b"[]")

    stage.exchange = exchange  # type: ignore[method-assign]
    planned = job(merchants=SHOP, api_urls={"shop": "http://127.0.0.1:28300"}, follow_deadline_s=60.0)
    journal = PromptJournal(stage, Tally(), stage.now_us)
    arrival = Arrival(3, 0, "sale", 0, 1_999, "pm_card_visa", 0, 7)
    Session(planned, MappedWire(planned, Listing()), stage, journal, arrival, START_US, 0).create()
    first = stage.pauses_s.index(-1.0)
    between = [pause_s for pause_s in stage.pauses_s[first:] if pause_s >= 0]
    assert between
    assert min(between) >= least_s
    assert max(between) <= planned.settings.poll_max_s
