"""What a gateway stores."""

from typing import Any

Row = dict[str, Any]
"""One of a gateway's objects in its own JSON, or fields in its own words: its documents say what is in it, and how."""
