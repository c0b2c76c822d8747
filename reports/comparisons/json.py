"""A comparison as JSON. docs/comparing.md says what each field holds."""

import json
from collections.abc import Sequence
from typing import Any

from harness.comparing import Broken, Comparison, Side, as_document

NAME = "json"


def render(comparison: Comparison, limits: Sequence[Broken]) -> str:
    """Return the comparison as JSON."""
    document: dict[str, Any] = {
        "schema_version": 1,
        "first": _side(comparison.first),
        "second": _side(comparison.second),
        "unlike": {name: list(pair) for name, pair in comparison.unlike.items()},
        "doubts": list(comparison.doubts),
        **as_document(comparison),
        "limits": [{"limit": item.limit.text, "broken": item.broken, "reason": item.reason} for item in limits],
    }
    return json.dumps(document, indent=2, allow_nan=False) + "\n"


def _side(side: Side) -> dict[str, Any]:
    return {"name": side.name, "runs": len(side.runs), "facts": dict(side.facts), "doubts": list(side.doubts)}
