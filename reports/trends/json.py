"""A trend as JSON: one object for each group, with its runs and their figures."""

import json
from collections.abc import Sequence

from harness.comparing.trend import Group

NAME = "json"


def render(groups: Sequence[Group]) -> str:
    """Return the trend as JSON."""
    document = [
        {
            "group": group.name,
            "units": {line.figure.name: line.figure.unit for line in group.lines},
            "runs": [
                {
                    "run": point.name,
                    "made_at": point.made_at,
                    "verdict": point.verdict,
                    "doubts": list(point.doubts),
                    "figures": dict(point.values),
                }
                for point in group.points
            ],
        }
        for group in groups
    ]
    return json.dumps(document, indent=2, allow_nan=False) + "\n"
