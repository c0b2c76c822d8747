"""Stories of failovers and crashes: what only looks odd, and what a promoted node that lacked something looks like."""

from tests.harness.invariants.story import Story, at

SESSION = 78


def ids_that_jump(story: Story) -> None:
    """Sound: a promoted node's sequences go on 32 further."""
    story.sale(1.0)
    story.seen(1.5)
    story.sale(2.0)
    for row in story.rows["postings"][2:]:
        row.update(posting_id=row["posting_id"] + 32, journal_id=row["journal_id"] + 32)
    story.seen(2.5)


def a_request_that_died_with_its_replica(story: Story) -> None:
    """Sound: the operation was carried out all the same, and whoever asks again gets the stored answer."""
    paid = story.sale(1.0, told=False)
    lost = story.create(paid, 1.0, outcome="UNKNOWN", lasting_s=0.01)
    lost.update(http_status=None, error="reset", replica="api1")
    paid.body = story.new("sha-")
    story.replay(paid, 1.5, attempt=2, op=lost["op"], replica="api2")


def an_answer_that_the_database_was_away(story: Story) -> None:
    """Sound: nobody knew whether the operation had been begun, and said so; it had."""
    paid = story.sale(1.0, told=False)
    doubt = story.create(paid, 1.0, outcome="UNKNOWN", lasting_s=1.8)
    doubt.update(http_status=503, error_code="database_unavailable", definite=False, body_sha256=story.new("sha-"))
    paid.body = story.new("sha-")
    story.replay(paid, 3.5, attempt=2, op=doubt["op"])


def a_delivery_whose_record_was_lost(story: Story) -> None:
    """Sound: the worker died before it could write down that the merchant had it, so it was sent again."""
    story.sale(1.0)
    event = story.last("sink_events")
    story.add("sink_events", **{**event, "received_at_us": event["received_at_us"] + 6_000_000})
    story.add("delivery_attempts", event_id=event["event_id"], merchant_id="m_alpha", sent_at_us=at(7.1),
              http_status=200)  # fmt: skip


def a_failover_to_a_node_that_lacked_a_payment(story: Story) -> None:
    """Replication was asynchronous (B22): acknowledged, booked, read, delivered, and then it never was."""
    paid = story.sale(1.0)
    story.in_session(SESSION)
    story.seen(1.5)
    story.look(paid, 1.6, SESSION)
    for table in ("payments", "status_history", "operations", "attempts", "attempt_transitions", "postings", "outbox"):
        story.rows[table].clear()
    story.client("get", 8.0, outcome="FAILED", http_status=404, arrival=SESSION, merchant_id=paid.merchant_id,
                 payment_id=paid.payment_id)  # fmt: skip


SOUND = [
    ids_that_jump,
    a_request_that_died_with_its_replica,
    an_answer_that_the_database_was_away,
    a_delivery_whose_record_was_lost,
]

BAD = [
    (a_failover_to_a_node_that_lacked_a_payment, {"I2", "I4", "I16", "I17", "I19", "I20", "I21", "I22", "I24"}),
]
