"""``python -m system.published > system/settings.json``: what a scenario may change, as data, with types and bounds."""

import json
import sys
from typing import Any

from pydantic_settings import BaseSettings

from system.gateways.common.settings import TunableSimulator
from system.settings import Tunable

_SHARED = "PAY_LOG_LEVEL"


def published() -> dict[str, dict[str, Any]]:
    """Return each setting by its variable: those of the platform, of the simulators, and what all of them take."""
    platform = _described(Tunable)
    return {"shared": {_SHARED: platform.pop(_SHARED)}, "platform": platform, "simulator": _described(TunableSimulator)}


def _described(settings: type[BaseSettings]) -> dict[str, Any]:
    fields = settings.model_json_schema()["properties"]
    return {
        f"PAY_{name.upper()}": {key: value for key, value in field.items() if key != "title"}
        for name, field in fields.items()
    }


if __name__ == "__main__":
    json.dump(published(), sys.stdout, indent=1)
    print()
