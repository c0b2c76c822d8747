"""Bad stories of the ledger and the events: entries that vanish or change, events that nobody can account for."""

from tests.harness.invariants.story import Story


def a_journal_that_a_failover_lost(story: Story) -> None:
    """The standby that was promoted had not heard of it (B22); nobody was told, so only the ledger shows it."""
    story.sale()
    story.seen(2.0)
    story.rows["ledger_seen"] = [
        {**row, "posting_id": row["posting_id"] + 1000, "cause": "capture:att_lost"}
        for row in story.rows["ledger_seen"]
    ]


def a_journal_that_was_written_over(story: Story) -> None:
    story.sale()
    story.seen(2.0)
    for row in story.rows["ledger_seen"]:
        row["amount_minor"] *= 2


def an_event_without_a_commit(story: Story) -> None:
    """Told before COMMIT, and then the process died (B01): the merchant ships, and nobody has the money."""
    story.sale()
    story.sale()
    told = story.last("sink_events")
    for table in ("outbox", "webhook_deliveries", "delivery_attempts"):
        story.rows[table].pop()
    story.rows["status_history"].pop()
    story.last("payments").update(status="processing", version=2, captured_minor=1999)
    story.rows["history"].pop()
    assert told["event_id"]


def an_event_that_was_never_published(story: Story) -> None:
    """A cursor had passed its id when it was committed (B27)."""
    story.sale()
    story.last("outbox").update(state="pending", published_at_us=None)


def an_event_that_was_published_on_paper(story: Story) -> None:
    """The cursor's owner marked whatever lay below it, and made no delivery of it (B27)."""
    story.sale()
    story.sale()
    for table in ("webhook_deliveries", "delivery_attempts", "sink_events"):
        story.rows[table].pop()


def events_in_the_wrong_order(story: Story) -> None:
    story.refund(story.sale(1.0), 2.0, 500)
    story.last("sink_events")["received_at_us"] = story.rows["sink_events"][0]["received_at_us"] - 1


def a_number_is_missing(story: Story) -> None:
    story.refund(story.sale(1.0), 2.0, 500)
    for table in ("outbox", "sink_events"):
        story.last(table)["sequence"] = 3


def an_event_told_twice(story: Story) -> None:
    """Sound: a worker died between the delivery and its record, so the first one came again after the second."""
    story.refund(story.sale(1.0), 2.0, 500)
    first = story.rows["sink_events"][0]
    story.add("sink_events", **{**first, "received_at_us": first["received_at_us"] + 30_000_000})


def a_capture_credited_to_another_merchant(story: Story) -> None:
    """Every journal balances and the clearing account is right (B86)."""
    story.sale()
    story.last("postings")["account"] = "merchant:m_beta:payable"


def a_refund_debited_to_another_merchant(story: Story) -> None:
    """The one that was paid keeps the money, another one has paid for it (B87)."""
    story.refund(story.sale(), 2.0, 500)
    story.last("postings")["account"] = "merchant:m_delta:payable"


def a_refund_at_the_platforms_own_cost(story: Story) -> None:
    story.refund(story.sale(), 2.0, 500)
    story.last("postings")["account"] = "platform:losses"


def money_moved_from_merchant_to_merchant(story: Story) -> None:
    """A journal of two merchants' accounts that no gateway knows of."""
    paid = story.sale()
    story.booked(paid, 2.0, "att_of_nobody", 500)
    story.rows["postings"][-2]["account"] = "merchant:m_gamma:payable"


def a_charge_in_another_merchants_name(story: Story) -> None:
    """The gateway was told that it is somebody else's; our ledger follows the gateway."""
    story.sale()
    story.last("gateway_charges")["merchant_id"] = story.last("gateway_movements")["merchant_id"] = "m_beta"
    story.last("postings")["account"] = "merchant:m_beta:payable"


def a_refund_in_another_merchants_name(story: Story) -> None:
    story.refund(story.sale(), 2.0, 500)
    story.last("gateway_movements")["merchant_id"] = "m_beta"
    story.last("postings")["account"] = "merchant:m_beta:payable"


def a_fee_taken_from_its_own_merchant(story: Story) -> None:
    """Sound: what the merchant is owed less the fee is still the merchant's."""
    paid = story.sale()
    story.add("postings", **{**story.last("postings"), "posting_id": 90, "account": f"merchant:{paid.merchant_id}:fees",
                             "amount_minor": -59})  # fmt: skip
    story.rows["postings"][-2]["amount_minor"] += 59


SOUND = [an_event_told_twice, a_fee_taken_from_its_own_merchant]

BAD = [
    (an_event_without_a_commit, {"I6", "I22", "I24", "I52"}),
    (an_event_that_was_never_published, {"I22"}),
    (an_event_that_was_published_on_paper, {"I22", "I24"}),
    (events_in_the_wrong_order, {"I22"}),
    (a_number_is_missing, {"I22"}),
    (a_journal_that_a_failover_lost, {"I17"}),
    (a_journal_that_was_written_over, {"I17"}),
    (a_capture_credited_to_another_merchant, {"I51"}),
    (a_refund_debited_to_another_merchant, {"I51"}),
    (a_refund_at_the_platforms_own_cost, {"I51"}),
    (money_moved_from_merchant_to_merchant, {"I51"}),
    (a_charge_in_another_merchants_name, {"I3", "I51"}),
    (a_refund_in_another_merchants_name, {"I3", "I51"}),
]
