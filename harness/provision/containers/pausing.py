"""Pausing a container whose processes are busy being born."""

import time
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from docker.models.containers import Container

_DEADLINE_S = 3.0
_PAUSE_S = 0.1
_TRY_AGAIN = "unable to freeze"


def pause(found: "Container") -> None:
    """Pause a container, or raise `docker.errors.APIError` as the engine does.

    With cgroups of version 1 the kernel cannot freeze a group in which a process is just being started, and runc gives
    up after some thousand looks ("unable to freeze"): then the group runs on, and the next moment is as good as this.
    """
    from docker.errors import APIError

    until = time.monotonic() + _DEADLINE_S
    while True:
        try:
            found.pause()
        except APIError as error:
            if _TRY_AGAIN not in str(error) or time.monotonic() > until:
                raise
            time.sleep(_PAUSE_S)
        else:
            return
