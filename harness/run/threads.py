"""What the run's watches share: a thread that may have been stopped before it ever began."""

import threading


def join_begun(thread: threading.Thread, timeout_s: float) -> None:
    """Wait for a thread's end, at most `timeout_s` seconds; one that was never started has ended.

    A run may be interrupted between the making of its watches and their start, and stops all of them all the same.
    """
    if thread.ident is not None:
        thread.join(timeout=timeout_s)
