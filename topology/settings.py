"""What a scenario may change, as the platform publishes it: names, types, bounds, defaults (`system/settings.json`)."""

import math
from pathlib import Path
from typing import Literal

import msgspec

from topology.load import SYSTEM
from topology.model import TopologyError


class Setting(msgspec.Struct, frozen=True, forbid_unknown_fields=True, rename="camel", kw_only=True):
    """One setting: its type, default and bounds, each as JSON Schema has it."""

    type: Literal["string", "integer", "number"]
    default: int | float | str
    enum: tuple[str, ...] = ()
    minimum: float = -math.inf
    exclusive_minimum: float = -math.inf
    maximum: float = math.inf

    @property
    def text(self) -> str:
        """The default as a variable has it."""
        whole = isinstance(self.default, float) and self.default.is_integer()
        return str(int(self.default) if whole else self.default)

    def allows(self, value: str) -> bool:
        """Tell whether a variable may have this value."""
        if self.type == "string":
            return not self.enum or value in self.enum
        try:
            number = float(int(value)) if self.type == "integer" else float(value)
        except ValueError:
            return False
        return math.isfinite(number) and self.minimum <= number <= self.maximum and number > self.exclusive_minimum

    @property
    def valid(self) -> str:
        """What a variable may have, in words."""
        if self.type == "string":
            return ", ".join(self.enum) or "any text"
        kind = "a whole number" if self.type == "integer" else "a number"
        above = math.isfinite(self.exclusive_minimum)
        least = f"above {self.exclusive_minimum:g}" if above else f"from {self.minimum:g}"
        return f"{kind} {least}" + (f" to {self.maximum:g}" if math.isfinite(self.maximum) else "")


class Settings(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """All of them by their variables: what every process takes, the platform's own, the simulators'."""

    shared: dict[str, Setting]
    platform: dict[str, Setting]
    simulator: dict[str, Setting]


def load_settings(system: Path = SYSTEM) -> Settings:
    """Return what a folder publishes. Raises `TopologyError`."""
    path = system / "settings.json"
    try:
        return msgspec.json.decode(path.read_bytes(), type=Settings)
    except OSError as error:
        raise TopologyError([f"{path}: {error.strerror}"]) from error
    except msgspec.DecodeError as error:
        raise TopologyError([f"{path}: {error}"]) from error
