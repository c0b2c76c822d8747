"""A shell that holds the platform for as long as what it injected is on, and answers other shells meanwhile."""

import secrets
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager

from harness.core.errors import UsageError
from harness.core.fault import Fault
from harness.guard.brake import engage, require_released
from harness.guard.session import HarnessSession
from harness.injecting.channel import ChannelServer, Request, Told
from harness.injecting.desk import InjectionDesk
from harness.injecting.live import LiveFaults
from harness.run.events import EventLog
from harness.targets.registry import KINDS, ManagedTarget, TargetKind, target_in
from harness.workspace import Workspace

POLL_S = 0.2


def kind_up(workspace: Workspace) -> TargetKind:
    """Return the kind of the platform that is up. Raises `UsageError` where none is."""
    name = target_in(workspace)
    if name is None or not workspace.kept or not KINDS[name].is_up(workspace):
        raise UsageError("no platform is up in this workspace", hint="`faultline up` starts one")
    return KINDS[name]


def attached(workspace: Workspace) -> ManagedTarget:
    """Return the platform that is up in this workspace. Raises `UsageError` where none is."""
    target = kind_up(workspace).make(workspace, None)
    if not target.attach():
        raise UsageError("no platform is up in this workspace", hint="`faultline up` starts one")
    return target


@contextmanager
def desk_of(
    workspace: Workspace, check: Callable[[TargetKind, Fault], None], command: str
) -> Iterator[tuple[InjectionDesk, LiveFaults]]:
    """Hold the platform that is up, and give who answers for it; everything is healed when the block ends."""
    kind = kind_up(workspace)
    with HarnessSession(workspace, command=command) as session:
        surface = attached(workspace).surface
        with closing(EventLog(workspace.injections_file)) as events:
            live = LiveFaults(
                surface, session, events, seed=secrets.randbelow(100_000), allowed=lambda: require_released(workspace)
            )
            desk = InjectionDesk(live, surface, lambda fault: check(kind, fault), lambda by: engage(workspace, by))
            live.start()
            try:
                with ChannelServer(workspace, desk):
                    yield desk, live
            finally:
                live.finish()


def hold(desk: InjectionDesk, live: LiveFaults, request: Request, tell: Callable[[Told], None]) -> Told:
    """Inject, and return how it ended once nothing is on any more. `tell` hears of it while it is on."""
    (first,) = desk.answer(request).injections
    while live.on:
        tell(first)
        time.sleep(POLL_S)
    return next(item for item in desk.answer(Request("list", request.by)).injections if item.id == first.id)
