"""`faultline inject`, `heal`, `stop` and `release`: break a platform that is up by hand, and put it back."""

import getpass
import json
import os
import signal
import sys
import time
from collections.abc import Callable
from typing import Annotated

import typer

from harness.cli.expressible import require_fault
from harness.cli.talk import Talker
from harness.core.errors import HealingError, Interrupted, UsageError
from harness.core.fault import Fault
from harness.guard.brake import engage, require_released
from harness.guard.brake import release as release_brake
from harness.guard.healers import describe
from harness.guard.journal import UndoJournal
from harness.guard.session import HarnessSession
from harness.injecting.asking import Asked, made, parse_for, parse_parameters
from harness.injecting.channel import Channel, Reply, Request, Told
from harness.injecting.desk import InjectionDesk
from harness.injecting.holding import POLL_S, attached, desk_of, hold, kind_up
from harness.injecting.live import LiveFaults
from harness.targets.registry import TargetKind
from harness.workspace import Workspace, holder_lives

END_DEADLINE_S = 60.0
"""How long a run that is stopped may take to put everything back; it ends its load first."""
WHOLE_DEADLINE_S = 45.0
BREAKS_NOTHING = frozenset({"faultline up", "faultline down", "faultline heal", "faultline stop"})
"""What may hold a workspace and must not be ended by a stop."""

ByOption = Annotated[str | None, typer.Option("--by", metavar="NAME", help="Who asks; your user name by default.")]


def inject(
    fault: Annotated[str, typer.Argument(metavar="FAULT", help="A fault of the catalogue; see `list` and `show`.")],
    for_: Annotated[str, typer.Option("--for", metavar="DURATION", help="How long, at most 10m; always given.")],
    on: Annotated[str, typer.Option("--on", metavar="PLACE", help="The link, gateway, process or container.")] = "",
    with_: Annotated[
        list[str] | None, typer.Option("--with", metavar="NAME=VALUE", help="A parameter of the fault; repeatable.")
    ] = None,
    by: ByOption = None,
) -> int:
    """Break something of the platform that is up, for a time, and heal it, verified. Ctrl-C heals it at once."""
    workspace, talker, who = Workspace.locate(), Talker(), _name(by)
    for_s = parse_for(for_)
    asked = Asked(fault, on, parse_parameters(with_ or []))
    made(asked)
    require_released(workspace)
    request = Request("inject", who, fault, on, asked.parameters, for_s)
    if (channel := Channel.find(workspace)) is not None:
        ended = _through(channel, request, talker)
    else:
        with desk_of(workspace, _check, "faultline inject") as (desk, live):
            ended = _held(desk, live, request, talker)
    talker.end()
    sys.stdout.write(f"healed {ended.fault} at {ended.place} ({ended.ended}), verified\n")
    return 0


def heal(
    injection: Annotated[str, typer.Argument(metavar="[ID]", help="One injection; all of them by default.")] = "",
    by: ByOption = None,
) -> int:
    """Heal what was injected by hand, verified: all of it, or one injection by its id."""
    workspace, who = Workspace.locate(), _name(by)
    if (channel := Channel.find(workspace)) is not None:
        for item in channel.send(Request("heal", who, id=injection)).injections:
            sys.stdout.write(f"healed {item.fault} at {item.place}, verified\n")
        return 0
    if injection:
        raise UsageError(f"no fault {injection!r} is on: nobody injects here", hint="`faultline status` says what is")
    kind_up(workspace)
    with HarnessSession(workspace, command="faultline heal"):
        pass  # entering heals whatever an earlier harness left
    _require_whole(workspace)
    sys.stdout.write("nothing is broken, verified\n")
    return 0


def stop(by: ByOption = None) -> int:
    """Heal everything at once, verified, end a run under way, and let nothing be injected until `faultline release`."""
    workspace, who, talker = Workspace.locate(), _name(by), Talker()
    began = time.monotonic()
    for each in (workspace, *workspace.jobs()):
        now = engage(each, who)
        _stop_one(each, who, talker)
    talker.end()
    seconds = time.monotonic() - began
    sys.stdout.write(f"stopped by {now.by}: everything is healed and verified, {seconds:.1f} s after the command\n")
    talker.line("nothing is injected until `faultline release --by NAME`")
    return 0


def release(by: Annotated[str, typer.Option("--by", metavar="NAME", help="Who says that it is safe again.")]) -> int:
    """Let faults be injected again after a stop. The name is kept with the stop's."""
    workspace = Workspace.locate()
    if not by.strip():
        raise UsageError("--by: a name is needed", hint="faultline release --by ann")
    before, *_ = [release_brake(each) for each in (workspace, *workspace.jobs())]
    if before is None:
        sys.stdout.write("nothing was stopped\n")
        return 0
    _note(workspace, {"kind": "released", "by": by.strip(), "stopped_by": before.by, "since": before.since})
    sys.stdout.write(f"released by {by.strip()}; {before.by} had stopped everything on {before.since}\n")
    return 0


def _held(desk: InjectionDesk, live: LiveFaults, request: Request, talker: Talker) -> Told:
    try:
        return hold(desk, live, request, _telling(talker))
    except Interrupted as stopped:
        live.finish()
        raise Interrupted(stopped.signum, f"interrupted ({stopped.name}): everything is healed, verified") from stopped


def _through(channel: Channel, request: Request, talker: Talker) -> Told:
    """Have somebody else's session inject, and wait until that is over."""
    (mine,) = channel.send(request).injections
    tell = _telling(talker)
    try:
        while (now := _now(channel, mine)).off_us is None:
            tell(now)
            time.sleep(POLL_S)
    except Interrupted as stopped:
        channel.send(Request("heal", request.by, id=mine.id))
        told = f"interrupted ({stopped.name}): {mine.fault} is healed, verified"
        raise Interrupted(stopped.signum, told) from stopped
    return now


def _now(channel: Channel, mine: Told) -> Told:
    listed: Reply = channel.send(Request("list", mine.by))
    return next(item for item in listed.injections if item.id == mine.id)


def _telling(talker: Talker) -> Callable[[Told], None]:
    said: set[str] = set()

    def tell(item: Told) -> None:
        if item.id not in said:
            said.add(item.id)
            until = time.strftime("%H:%M:%S", time.localtime(item.until_us / 1e6))
            talker.line(
                f"{item.id}: {item.fault} is on at {item.place} until {until}; Ctrl-C or `faultline heal` ends it"
            )
        talker.progress(f"on: {item.fault} at {item.place}, {max(0.0, item.until_us / 1e6 - time.time()):.0f} s left")

    return tell


def _stop_one(workspace: Workspace, who: str, talker: Talker) -> None:
    if (channel := Channel.find(workspace)) is not None:
        for line, at_s in channel.send(Request("stop", who)).steps:
            talker.line(f"{at_s:6.2f} s  {line}")
    elif holder_lives(workspace.lock_file):
        _end_run(workspace, talker)
    elif workspace.kept or workspace.undo_file.exists():
        with HarnessSession(workspace, command="faultline stop"):
            pass  # entering heals whatever an earlier harness left
    if workspace.kept:
        _require_whole(workspace)


def _end_run(workspace: Workspace, talker: Talker) -> None:
    """End the run that holds the workspace, as Ctrl-C does, and wait until nothing that it broke is outstanding."""
    holder = json.loads(workspace.lock_file.read_text())
    if holder["command"] not in BREAKS_NOTHING:
        os.kill(int(holder["pid"]), signal.SIGTERM)
    until = time.monotonic() + END_DEADLINE_S
    while outstanding := list(UndoJournal(workspace.undo_file).outstanding().values()):
        if time.monotonic() > until:
            told = ", ".join(describe(undo) for undo in outstanding)
            raise HealingError(f"the run did not heal in {END_DEADLINE_S:.0f} s: {told}", hint="`faultline down`")
        talker.progress(f"ending the run: {len(outstanding)} undo steps left")
        time.sleep(POLL_S)


def _require_whole(workspace: Workspace) -> None:
    """Ask the control planes themselves; raise `HealingError` for a fault that is still on there."""
    target = attached(workspace)
    until = time.monotonic() + WHOLE_DEADLINE_S
    while left := target.active_faults():
        if time.monotonic() > until:
            raise HealingError(f"still broken: {'; '.join(left)}", hint="`faultline down`, then `faultline up`")
        time.sleep(POLL_S)


def _check(kind: TargetKind, fault: Fault) -> None:
    require_fault("inject", fault, kind)


def _note(workspace: Workspace, line: dict[str, str]) -> None:
    with workspace.injections_file.open("a") as stream:
        stream.write(json.dumps({"at_us": time.time_ns() // 1000, **line}) + "\n")


def _name(by: str | None) -> str:
    if by is not None and not by.strip():
        raise UsageError("--by: a name is needed", hint="leave it out to use your user name")
    return (by or getpass.getuser()).strip()
