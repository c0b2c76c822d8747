"""Bad stories of copies: payments that were acknowledged while one node alone had them.

The log is told by the clock: a transaction that is committed at a moment ends at as many bytes as microseconds have
passed since the run began, and a node that has everything of that moment has as many bytes.
"""

from collections.abc import Mapping

from tests.harness.invariants.story import T0_US, Story, at

STEP_S = 0.05
STEPS = ("status_history", "attempt_transitions")


def logged(story: Story, *, timeline: int = 1) -> None:
    """Give every step a transaction of its own, and its commit a place in the log."""
    for table in STEPS:
        for row in story.rows[table]:
            row["xid"] = 1000 + len(story.rows["commits"])
            story.add("commits", xid=row["xid"], commit_bytes=row["at_us"] - T0_US, timeline=timeline)


def followed(
    story: Story, *, until_s: float = 25.0, timeline: int = 1, primary: str = "pg-a",
    stuck: Mapping[str, float] | None = None, silent: Mapping[str, float] | None = None,
    refused: Mapping[str, float] | None = None,
) -> None:  # fmt: skip
    """Ask three nodes twenty times a second. `stuck` nodes receive nothing from then on; `silent` ones say nothing."""
    for step in range(round(until_s / STEP_S)):
        now_s = step * STEP_S
        for node in ("pg-a", "pg-b", "pg-c"):
            common = {"node": node, "asked_us": at(now_s), "answered_us": at(now_s) + 300}
            if now_s >= (silent or {}).get(node, until_s):
                story.add("log_positions", **common, state="silent", role="none", timeline=0, flush_bytes=0,
                          started_us=0)  # fmt: skip
                continue
            if now_s >= (refused or {}).get(node, until_s):
                story.add("log_positions", **common, state="refused", role="none", timeline=0, flush_bytes=0,
                          started_us=0)  # fmt: skip
                continue
            has_s = min(now_s, (stuck or {}).get(node, until_s))
            story.add("log_positions", **common, state="up", role="primary" if node == primary else "standby",
                      timeline=timeline, flush_bytes=round(has_s * 1e6), started_us=T0_US - 1)  # fmt: skip


def acknowledged_while_both_standbys_hear_nothing(story: Story) -> None:
    story.sale(1.0)
    story.sale(5.0)
    logged(story)
    followed(story, stuck={"pg-b": 4.0, "pg-c": 4.5})


def acknowledged_while_no_standby_runs(story: Story) -> None:
    story.sale(1.0)
    story.sale(5.0)
    logged(story)
    followed(story, refused={"pg-b": 4.0, "pg-c": 4.5})


def a_refund_that_one_node_has(story: Story) -> None:
    story.refund(story.sale(1.0), 5.0, 500)
    logged(story)
    followed(story, stuck={"pg-b": 4.0, "pg-c": 4.0})


def listed(story: Story, *, stuck: Mapping[str, float]) -> None:
    """Show a client, who looks for it under its reference, a payment that a failover takes away.

    Its creation at 5 s was never answered.
    """
    story.sale(1.0)
    lost = story.intent()
    story.create(lost, 5.0, outcome="UNKNOWN", error="timeout")
    story.client("list", 6.0, reference=lost.reference, got_payment_id=lost.payment_id, got_status="processing",
                 got_version=2, got_amount_minor=lost.amount_minor, got_currency=lost.currency)  # fmt: skip
    logged(story)
    followed(story, stuck=stuck)


def listed_before_a_failover_took_it_back(story: Story) -> None:
    listed(story, stuck={"pg-b": 4.0, "pg-c": 4.5})


def listed_and_taken_back_where_another_node_may_have_had_it(story: Story) -> None:
    """It was lost; but one standby had all that was there when its client asked, and maybe more."""
    listed(story, stuck={"pg-b": 4.0})


def one_standby_hears_nothing(story: Story) -> None:
    """Sound: the other one has it."""
    story.sale(5.0)
    logged(story)
    followed(story, stuck={"pg-b": 4.0})


def nobody_knows_what_a_standby_had(story: Story) -> None:
    """Sound as far as anybody can tell: one lacks it, and the other says nothing."""
    story.sale(5.0)
    logged(story)
    followed(story, stuck={"pg-b": 4.0}, silent={"pg-c": 4.0})


SOUND = [one_standby_hears_nothing, nobody_knows_what_a_standby_had]
BAD = [
    (acknowledged_while_both_standbys_hear_nothing, {"I42"}),
    (acknowledged_while_no_standby_runs, {"I42"}),
    (a_refund_that_one_node_has, {"I42"}),
    (listed_before_a_failover_took_it_back, {"I2", "I42"}),
    (listed_and_taken_back_where_another_node_may_have_had_it, {"I2"}),
]
