"""Doing slow things at once, and saying all the while what is being done. Needs Python alone."""

import sys
import threading
import time
from collections.abc import Callable, Sequence

from harness.core.errors import FaultlineError, HarnessError

TOLD_EVERY_S = 10.0
Say = Callable[[str], None]
Task = tuple[str, Callable[[Say], object]]
"""A name, and what does it; it is given a way to say what it is doing."""

_BEGAN_S = time.monotonic()


def say(text: str) -> None:
    """Tell people on stderr what is being done, with the seconds since this program began."""
    sys.stderr.write(f"[{time.monotonic() - _BEGAN_S:6.1f} s] {text}\n")
    sys.stderr.flush()


def all_at_once(tasks: Sequence[Task], every_s: float = TOLD_EVERY_S) -> list[FaultlineError]:
    """Carry out all tasks, each in a thread. Return what went wrong in them.

    Whatever takes longer than `every_s` seconds is named again each time they have passed.
    """
    doing: dict[str, str] = {}
    failed: list[FaultlineError] = []

    def carry_out(name: str, act: Callable[[Say], object]) -> None:
        def told(text: str) -> None:
            doing[name] = text
            say(text)

        try:
            act(told)
        except FaultlineError as error:
            failed.append(error)
        except Exception as error:  # noqa: BLE001 - a thread's error would be lost, and its work taken for done
            failed.append(HarnessError(f"{name}: {error!r}", hint="please report this as a bug"))
        finally:
            doing.pop(name, None)

    threads = [threading.Thread(target=carry_out, args=task, name=task[0], daemon=True) for task in tasks]
    for thread in threads:
        thread.start()
    told_at = time.monotonic()
    while any(thread.is_alive() for thread in threads):
        for thread in threads:
            thread.join(timeout=0.1)
        if doing and time.monotonic() - told_at >= every_s:
            told_at = time.monotonic()
            say(f"still {'; '.join(doing.values())}")
    return failed
