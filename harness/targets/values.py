"""Which values a setting of the platform may have: told by its name, refused before anything is started."""

from collections.abc import Mapping

from harness.core.errors import UsageError

CHOICES: Mapping[str, tuple[str, ...]] = {
    "PAY_LOG_LEVEL": ("debug", "info", "warning", "error"),
    "PAY_DATABASE_SYNCHRONOUS_COMMIT": ("on", "off", "local", "remote_write", "remote_apply"),
    "PAY_DATABASE_SYNCHRONOUS_MODE": ("on", "off"),
    "PAY_DATABASE_NODES": ("2", "3"),
}
_LEAST_WAL_MB = 128
"""Below this a sound cluster fills its log's disk by itself: it keeps 64 MiB for a standby that was away."""
_WHOLE = ("_COUNT", "_FAILURES", "_MISSES", "_POOL", "_ATTEMPTS", "_IN_FLIGHT", "_MS", "_MB")
_MAY_BE_NOTHING = ("_LAG_S", "_MS", "_MB", "_SHARE", "_VALIDITY_S")


def check_value(name: str, value: str) -> None:
    """Raise `UsageError` naming the setting and its valid values where `value` is none of them."""
    shown = name.removeprefix("PAY_").lower()
    if name in CHOICES:
        if value not in CHOICES[name]:
            raise UsageError(f"{shown}: {value!r} is not valid", hint=f"valid: {', '.join(CHOICES[name])}")
        return
    try:
        number = float(int(value)) if name.endswith(_WHOLE) else float(value)
    except ValueError:
        number = -1.0
    if name == "PAY_DATABASE_WAL_MB" and number not in (0, *range(_LEAST_WAL_MB, 4097)):
        raise UsageError(f"{shown}: {value!r} is not valid", hint=f"valid: 0, or {_LEAST_WAL_MB} to 4096")
    least = 0.0 if name.endswith(_MAY_BE_NOTHING) else 1e-9
    most = 1.0 if name.endswith("_SHARE") else 1e9
    if not least <= number <= most:
        kind = "a whole number" if name.endswith(_WHOLE) else "a number"
        bounds = f"{'from' if least == 0 else 'above'} 0" + (" to 1" if most == 1 else "")
        raise UsageError(f"{shown}: {value!r} is not valid", hint=f"valid: {kind} {bounds}")
