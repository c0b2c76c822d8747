"""What Locust runs: open-loop lanes over a planned load.

    FAULTLINE_LOAD_JOB=run/load.json python -m locust -f loadtests/locustfile.py

opens Locust's web UI, where the number of users is the number of lanes and so the rate of arrivals. The harness runs
the same file headless (see `loadtests.command`).
"""

from locust import events
from locust.env import Environment

from loadtests.engine.assembly import assemble
from loadtests.engine.lane import Lane
from loadtests.engine.listening import listen


class Shopkeepers(Lane):
    """One lane of shopkeepers' errands."""


def on_init(environment: Environment, **_: object) -> None:
    """Prepare this process for its job."""
    assemble(environment, Shopkeepers)


listen(events.init, on_init)
