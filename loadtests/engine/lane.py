"""A lane: one Locust user that stands for a rate of arrivals. Its task only parks.

Users, load shapes, the web UI and several worker processes so steer how fast the plan runs, with no change to Locust.
"""

from typing import ClassVar, Protocol

from locust import User, constant, task


class Lanes(Protocol):
    """Who is told how many lanes there are."""

    def open_lane(self) -> None:
        """One more lane."""

    def close_lane(self) -> None:
        """One lane less."""


class Lane(User):
    """One lane: this worker's share of the job's rate. Requests are sent by the worker's generator, not from here."""

    abstract = True
    wait_time = constant(3_600)
    lanes: ClassVar[Lanes]

    def on_start(self) -> None:
        """Open the lane."""
        self.lanes.open_lane()

    def on_stop(self) -> None:
        """Close the lane."""
        self.lanes.close_lane()

    @task
    def park(self) -> None:
        """Do nothing; the waiting time after it is the parking."""
