"""An API replica dies by SIGKILL: at once, or at a named crash point. What it was doing stays as it was."""

from faults._processes import ProcessKilled


def api_killed(replica: str = "api1", *, at: str = "") -> ProcessKilled:
    """Return the death of a replica, until the fault's end; `at` names a crash point at which it dies.

    `python -m system.crashpoints` lists the crash points.
    """
    return ProcessKilled("api_killed", replica, at)
