"""Locust's event hooks are untyped; this is the one place that knows."""

from collections.abc import Callable
from typing import Any


def listen(hook: Any, listener: Callable[..., None]) -> None:
    """Have Locust call `listener` with the hook's keyword arguments."""
    hook.add_listener(listener)
