"""Which port is whose: a block of ten for each service by its number, listeners first, then its outgoing links.

Nothing ever moves. A service's number is the place of its line; each link says its place in its caller's block.
"""

DEFAULT_BASE = 21000
"""The first port of a platform for which nobody chose one."""
BLOCK = 10
FIRST_LINK = 3
SPAN = 200
"""So many ports belong to a platform: those of twenty services."""
MOST = SPAN // BLOCK
LINKS_FROM = 20_000
"""Where Toxiproxy listens in its container: from this port on, with the same offsets."""


def listener(number: int, place: int) -> int:
    """Return the offset from a platform's base port of a service's listener, counted from 0."""
    return number * BLOCK + place


def link(number: int, place: int) -> int:
    """Return the offset of a link that leads from a service, by its place in the block (3 to 9)."""
    return number * BLOCK + place
