"""A link between two processes is cut: connections are refused and live ones are dropped."""

from faults._links import LinkFault


def link_down(link: str) -> LinkFault:
    """Return a cut of every link that matches the pattern `link`, such as `worker-to-sink`."""
    return LinkFault(name="link_down", place=link)
