"""The request arrives and is executed; the answer never comes back. The most expensive moment in payments."""

from faults._links import LinkFault, to_gateway
from harness.core.surface import Toxic


def lost_answers(gateway: str = "stripe", *, share: float = 1.0, link: str = "") -> LinkFault:
    """Return a fault that closes connections before the first byte of an answer.

    `share` is a share of the links, each with all its connections, drawn by the seed and recorded: for a share of
    requests use `execute_then_drop`.
    """
    toxic = Toxic("limit_data", "downstream", {"bytes": 0})
    return LinkFault(
        name="lost_answers",
        place=to_gateway(gateway, link),
        toxics=(toxic,),
        settings={"share_of_links": share},
        share=share,
        answers_lost=True,
    )
