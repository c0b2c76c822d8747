"""What the run's watches share: how all of them are ended, even one whose thread never began."""

import threading
from collections.abc import Callable
from typing import Any


def join_begun(thread: threading.Thread, timeout_s: float) -> None:
    """Wait for a thread's end, at most `timeout_s` seconds; one that was never started has ended.

    A run may be interrupted between the making of its watches and their start, and stops all of them all the same.
    """
    if thread.ident is not None:
        thread.join(timeout=timeout_s)


def end_all(*steps: Callable[[], Any]) -> None:
    """Take every step, in this order, whatever those before it raise.

    Raises the first error once all are done; the others are its notes, which are told with it.
    """
    errors: list[BaseException] = []
    for step in steps:
        try:
            step()
        except BaseException as error:  # noqa: BLE001 - an interruption must not leave anything running either
            errors.append(error)
    if errors:
        first, *others = errors
        for other in others:
            first.add_note(f"and then: {str(other) or type(other).__name__}")
        raise first
