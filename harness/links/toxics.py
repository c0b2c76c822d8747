"""What Toxiproxy 2.12's toxics are called and take.

The server accepts a misspelt attribute without a word and then does nothing, so names are checked here before sending.
"""

from collections.abc import Mapping
from difflib import get_close_matches

from harness.core.errors import UsageError

STREAMS = ("upstream", "downstream")

ATTRIBUTES: Mapping[str, tuple[str, ...]] = {
    "latency": ("latency", "jitter"),
    "bandwidth": ("rate",),
    "slow_close": ("delay",),
    "timeout": ("timeout",),
    "reset_peer": ("timeout",),
    "slicer": ("average_size", "size_variation", "delay"),
    "limit_data": ("bytes",),
}
"""Each toxic's attributes. `latency`, `jitter`, `timeout` and `slow_close.delay` are milliseconds, `rate` is kB/s,
`slicer.delay` is microseconds, sizes are bytes."""


def validate_toxic(kind: str, stream: str, toxicity: float, attributes: Mapping[str, int]) -> None:
    """Raise `UsageError` naming what is valid when the server would misunderstand this toxic."""
    if kind not in ATTRIBUTES:
        raise UsageError(
            f"toxic {kind!r} is not known{_nearest(kind, ATTRIBUTES)}", hint=f"valid: {', '.join(ATTRIBUTES)}"
        )
    if stream not in STREAMS:
        raise UsageError(f"stream {stream!r} is not known", hint="valid: upstream (requests), downstream (answers)")
    if not 0.0 <= toxicity <= 1.0:
        raise UsageError(f"toxicity {toxicity} is not a share between 0 and 1")
    valid = ATTRIBUTES[kind]
    for name, value in attributes.items():
        if name not in valid:
            raise UsageError(
                f"toxic {kind} has no attribute {name!r}{_nearest(name, valid)}", hint=f"valid: {', '.join(valid)}"
            )
        if isinstance(value, bool) or not isinstance(value, int) or value < 0:
            raise UsageError(f"toxic {kind}: {name}={value!r} is not a whole number of at least 0")
    if not attributes:
        raise UsageError(f"toxic {kind} needs attributes", hint=f"valid: {', '.join(valid)}")


def _nearest(name: str, valid: Mapping[str, object] | tuple[str, ...]) -> str:
    close = get_close_matches(name, list(valid), n=1)
    return f" (did you mean {close[0]!r}?)" if close else ""
