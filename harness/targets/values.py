"""Which values a setting may have: by what the platform publishes, or the harness's own; refused before any start."""

from collections.abc import Mapping

from harness.core.errors import UsageError
from topology.settings import Setting

CHOICES: Mapping[str, tuple[str, ...]] = {
    "PAY_DATABASE_SYNCHRONOUS_COMMIT": ("on", "off", "local", "remote_write", "remote_apply"),
    "PAY_DATABASE_SYNCHRONOUS_MODE": ("on", "off"),
    "PAY_DATABASE_NODES": ("2", "3"),
}
"""Settings of the database, which the harness itself makes so."""
_LEAST_WAL_MB = 128
"""Below this a sound cluster fills its log's disk by itself: it keeps 64 MiB for a standby that was away."""
_MOST_WAL_MB = 4096


def check_value(name: str, value: str, published: Mapping[str, Setting]) -> None:
    """Raise `UsageError` naming the setting and its valid values where `value` is none of them."""
    if name in published:
        fits, valid = published[name].allows(value), published[name].valid
    elif name in CHOICES:
        fits, valid = value in CHOICES[name], ", ".join(CHOICES[name])
    else:
        fits, valid = _fits_disk(value), f"0, or {_LEAST_WAL_MB} to {_MOST_WAL_MB}"
    if not fits:
        raise UsageError(f"{name.removeprefix('PAY_').lower()}: {value!r} is not valid", hint=f"valid: {valid}")


def _fits_disk(value: str) -> bool:
    return value.isdecimal() and int(value) in (0, *range(_LEAST_WAL_MB, _MOST_WAL_MB + 1))
