"""Bad stories of database nodes: two primaries, and writes that only the wrong one knows."""

from tests.harness.invariants.story import Story, at


def leads(story: Story, at_s: float, node: str, timeline: int) -> None:
    """Have a node be seen as the primary on that timeline."""
    told = {"node": node, "up": True, "role": "primary", "timeline": timeline, "accepts_writes": True}
    story.events.append({"at_us": at(at_s), "kind": "database_state", **told})


def tried(story: Story, at_s: float, answer: str, *, node: str = "pg-a") -> None:
    """Have the harness try a write on a node that is cut off."""
    seen = {"fault": "primary_partitioned", "node": node, "moment": "cut off", "write": answer, "said": ""}
    story.events.append({"at_us": at(at_s), "kind": "fault_seen", **seen})


def tried_beside_another(story: Story, at_s: float, answer: str) -> None:
    """Have the harness try a write on a node that calls itself the primary although another was promoted."""
    told = {"node": "pg-a", "timeline": 3, "answer": answer, "said": ""}
    story.events.append({"at_us": at(at_s), "kind": "stale_write", **told})


def one_that_is_cut_off_goes_on_alone(story: Story) -> None:
    """Without a synchronous standby it acknowledges what nobody else will ever have."""
    leads(story, 0.0, "pg-a", 3)
    tried(story, 5.0, "accepted")
    leads(story, 24.0, "pg-b", 4)


def two_primaries(story: Story) -> None:
    """A frozen primary wakes up and acknowledges, beside the one that took over."""
    leads(story, 0.0, "pg-a", 3)
    leads(story, 24.0, "pg-b", 4)
    tried_beside_another(story, 28.0, "accepted")


def one_that_was_never_replaced(story: Story) -> None:
    """Sound: it was cut off for a moment only, and what it acknowledged is still there."""
    leads(story, 0.0, "pg-a", 3)
    tried(story, 5.0, "accepted")
    leads(story, 6.0, "pg-a", 3)


def one_that_waits_for_its_standby(story: Story) -> None:
    """Sound: nobody was told that these writes were done."""
    leads(story, 0.0, "pg-a", 3)
    tried(story, 5.0, "unanswered")
    tried(story, 6.0, "refused")
    leads(story, 24.0, "pg-b", 4)
    tried_beside_another(story, 28.0, "unanswered")


SOUND = [one_that_was_never_replaced, one_that_waits_for_its_standby]
BAD = [(one_that_is_cut_off_goes_on_alone, {"I41"}), (two_primaries, {"I41"})]
