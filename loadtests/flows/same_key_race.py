"""Sixteen requests for one payment at once under one key, and one more when it is done."""

from loadtests.plan import Arrival
from loadtests.session import Session

RACERS = 16


def run(session: Session, arrival: Arrival) -> None:
    """Send one creation sixteen times at the same moment over all replicas; then replay it on each replica.

    All of them carry one reference: they are one logical payment. The last sends follow what the racers left unknown.
    """
    original = session.draft_create()
    racers = [original, *(session.draft_create() for _ in range(RACERS - 1))]
    replicas = len(session.job.api_urls)
    for place, racer in enumerate(racers):
        racer.key, racer.replica = original.key, (arrival.replica + place) % replicas
        racer.follow = racer is original
    session.together(racers)
    for place in range(replicas):
        replay = session.draft_create()
        replay.key, replay.replica = original.key, (arrival.replica + place) % replicas
        session.perform(replay)
