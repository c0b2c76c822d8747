"""The worker dies by SIGKILL: nobody publishes, delivers or resolves until it is started again."""

from faults._processes import ProcessKilled


def worker_killed(*, at: str = "") -> ProcessKilled:
    """Return the death of the worker, until the fault's end; `at` names a crash point at which it dies.

    `python -m system.crashpoints` lists the crash points.
    """
    return ProcessKilled("worker_killed", "worker", at)
