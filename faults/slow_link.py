"""A link has next to no bandwidth: small requests crawl, and queues build up behind them."""

from faults._links import LinkFault
from harness.core.surface import Toxic


def slow_link(link: str, *, kilobytes_per_s: int = 1, slow_ms: float = 200.0) -> LinkFault:
    """Return a bandwidth limit on both directions of the links matching `link`.

    A call counts as hit when it took at least `slow_ms`.
    """
    both = tuple(Toxic("bandwidth", stream, {"rate": kilobytes_per_s}) for stream in ("upstream", "downstream"))
    return LinkFault(
        name="slow_link",
        place=link,
        toxics=both,
        settings={"kilobytes_per_s": kilobytes_per_s},
        slow_ms=slow_ms,
    )
