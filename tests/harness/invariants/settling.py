"""Verbs for stories in which days are settled, and the bad stories among them."""

from collections.abc import Callable
from datetime import date, timedelta

from harness.invariants._business_dates import Terms, business_date, is_business_day
from harness.invariants.i30_batches_equal_their_lines import FEES, OTHER_FEES
from tests.harness.invariants.reconciling import operated
from tests.harness.invariants.story import Row, Story, at

Teller = Callable[[Story], None]
ZONES = {
    "m_alpha": "Europe/Berlin",
    "m_beta": "Asia/Tokyo",
    "m_gamma": "Asia/Kuwait",
    "m_delta": "America/New_York",
}
CUTOFF_S = 61_200
MOVED_S = 4 * 86_400


def terms_of(merchant: str) -> Terms:
    return Terms(ZONES.get(merchant, "UTC"), CUTOFF_S)


def settled(story: Story, moved_at_s: float = 38.0) -> None:
    """Move the time by four days once all is quiet, and settle what every merchant is owed until then."""
    row = operated(story, moved_at_s, action="move_application_clock")
    row.update(object="clock", detail=f"offset_s: {MOVED_S}")
    cut_us = at(moved_at_s + 1)
    owed: dict[tuple[str, str], list[Row]] = {}
    for number, posting in enumerate(story.rows["postings"]):
        posting.setdefault("posting_id", 10_000 + number)
        kind, merchant, *_ = f"{posting['account']}::".split(":")
        if kind == "merchant":
            owed.setdefault((merchant, posting["currency"]), []).append(posting)
    for merchant in sorted({merchant for merchant, _ in owed}):
        story.add("settlement_terms", merchant_id=merchant, zone=terms_of(merchant).zone, cutoff_s=CUTOFF_S,
                  reserve_bp=500, reserve_days=7)  # fmt: skip
    for (merchant, currency), postings in owed.items():
        _settle(story, merchant, currency, postings, cut_us)


def _settle(story: Story, merchant: str, currency: str, postings: list[Row], cut_us: int) -> None:
    terms = terms_of(merchant)
    day = business_date(terms, currency, cut_us + MOVED_S * 1_000_000) - timedelta(days=1)
    while not is_business_day(currency, day):
        day -= timedelta(days=1)
    _, rate, fixed = FEES.get(currency, OTHER_FEES)[0]
    batch_id, sums, fees, lines = f"bat_{merchant}_{currency}", dict.fromkeys(KINDS, 0), 0, 0
    for posting in postings:
        own = business_date(terms, currency, posting["created_at_us"])
        story.add("business_dates", posting_id=posting["posting_id"], business_date=own.isoformat())
        if own > day:
            continue
        kind = KINDS_OF_CAUSES.get(posting["cause"].split(":")[0], "adjustment")
        fee = (-posting["amount_minor"] * rate + 5000) // 10_000 + fixed if kind == "capture" else 0
        story.add("settlement_lines", posting_id=posting["posting_id"], batch_id=batch_id, kind=kind,
                  amount_minor=-posting["amount_minor"], fee_minor=fee)  # fmt: skip
        sums[kind] -= posting["amount_minor"]
        fees, lines = fees + fee, lines + 1
    if lines:
        _batch(story, day, sums, fees, batch_id=batch_id, merchant_id=merchant, currency=currency, lines=lines,
               rate_bp=rate, fixed_minor=fixed, cut_at_us=cut_us)  # fmt: skip


KINDS = ("capture", "refund", "dispute", "adjustment")
KINDS_OF_CAUSES = {"capture": "capture", "refund": "refund", "refund_failed": "refund", "dispute": "dispute"}


def _batch(story: Story, day: date, sums: dict[str, int], fees: int, **values: object) -> None:
    gross = sum(sums.values())
    held = max(gross, 0) * 500 // 10_000
    story.add(
        "settlement_batches", business_date=day.isoformat(), captures_minor=sums["capture"],
        refunds_minor=sums["refund"], disputes_minor=sums["dispute"], adjustments_minor=sums["adjustment"],
        gross_minor=gross, fees_minor=fees, reserve_minor=held, released_minor=0, net_minor=gross - fees - held,
        release_on=(day + timedelta(days=7)).isoformat(), **values,
    )  # fmt: skip


def _one_settled(story: Story) -> None:
    story.refund(story.sale(1.0), 2.0, 500)
    settled(story)


def a_batch_that_pays_out_its_refunds(story: Story) -> None:
    _one_settled(story)
    batch = story.last("settlement_batches")
    batch.update(gross_minor=batch["gross_minor"] + 500, net_minor=batch["net_minor"] + 500)


def a_net_without_its_fees(story: Story) -> None:
    _one_settled(story)
    batch = story.last("settlement_batches")
    batch["net_minor"] += batch["fees_minor"]


def a_capture_in_two_batches(story: Story) -> None:
    _one_settled(story)
    line = story.rows["settlement_lines"][0]
    story.add("settlement_lines", **{**line, "batch_id": "bat_other"})


def a_capture_in_no_batch(story: Story) -> None:
    story.sale(1.0)
    settled(story)
    story.rows["settlement_lines"].clear()
    story.last("settlement_batches").update(lines=0, captures_minor=0, gross_minor=0, fees_minor=0, reserve_minor=0,
                                            net_minor=0)  # fmt: skip


def a_fee_of_another_tier(story: Story) -> None:
    _one_settled(story)
    line, batch = story.rows["settlement_lines"][0], story.last("settlement_batches")
    line["fee_minor"] += 1
    batch.update(fees_minor=batch["fees_minor"] + 1, net_minor=batch["net_minor"] - 1)


def a_reserve_that_is_too_high(story: Story) -> None:
    _one_settled(story)
    batch = story.last("settlement_batches")
    batch.update(reserve_minor=batch["reserve_minor"] + 7, net_minor=batch["net_minor"] - 7)


def a_date_by_utc(story: Story) -> None:
    """At 08:00 UTC it is 17:00 in Tokyo: the day is over there, and the next two are a weekend."""
    story.sale(1.0, merchant_id="m_beta")
    settled(story)
    story.last("business_dates")["business_date"] = "2027-01-15"


def a_batch_before_its_day_closed(story: Story) -> None:
    _one_settled(story)
    story.rows["audit"][-1]["detail"] = "offset_s: 0"


def a_line_of_another_amount(story: Story) -> None:
    _one_settled(story)
    line, batch = story.rows["settlement_lines"][1], story.last("settlement_batches")
    line["amount_minor"] += 100
    batch.update(refunds_minor=batch["refunds_minor"] + 100, gross_minor=batch["gross_minor"] + 100)
    held = batch["gross_minor"] * 500 // 10_000
    batch.update(reserve_minor=held, net_minor=batch["gross_minor"] - batch["fees_minor"] - held)


BAD_SETTLEMENTS: list[tuple[Teller, set[str]]] = [
    (story, {"I30"})
    for story in (
        a_batch_that_pays_out_its_refunds,
        a_net_without_its_fees,
        a_capture_in_two_batches,
        a_capture_in_no_batch,
        a_fee_of_another_tier,
        a_reserve_that_is_too_high,
        a_date_by_utc,
        a_batch_before_its_day_closed,
        a_line_of_another_amount,
    )
]
