"""How each kind of undo is carried out: plain functions of its arguments, for a harness and for a guard alike.

Each is idempotent and proves by reading back that the fault is gone; `HealingError` where it cannot.
"""

from collections.abc import Callable, Mapping

import requests

from harness.core.errors import FaultlineError, HealingError
from harness.core.fault import Undo
from harness.guard.container_healers import CONTAINER_HEALERS, START
from harness.guard.node_healers import NODE_HEALERS, REVIVE
from harness.guard.pressure_healers import PRESSURE_HEALERS
from harness.guard.process_healers import DISARM, PROCESS_HEALERS, RESET_CLOCK, RESTART

_CALL_TIMEOUT_S = 2.0
"""As with Toxiproxy: a frozen control plane must not take a guard longer than its promise allows."""

Healer = Callable[[Mapping[str, str]], None]


def restore_link(arguments: Mapping[str, str]) -> None:
    """Bring a Toxiproxy link back: `api` (host:port), `link`, `listen`, `upstream`. No toxics, enabled."""
    from harness.links.client import ToxiproxyClient

    host, port = arguments["api"].split(":")
    client = ToxiproxyClient(host, int(port))
    link = arguments["link"]
    client.destroy(link)
    client.create(link, listen=arguments["listen"], upstream=arguments["upstream"])
    if toxics := client.toxics(link):
        raise HealingError(f"link {link} still carries {', '.join(toxics)}")


def restore_remote_link(arguments: Mapping[str, str]) -> None:
    """As `restore_link`, on a server that is not ours: its owner may have led the link elsewhere since."""
    from harness.links.client import ToxiproxyClient

    host, port = arguments["api"].split(":")
    known = ToxiproxyClient(host, int(port)).proxies().get(arguments["link"])
    now = {"listen": known.listen, "upstream": known.upstream} if known else {}
    restore_link({**arguments, **now})


def clear_gateway_fault(arguments: Mapping[str, str]) -> None:
    """Remove a fault from a simulator: `admin` (its admin listener's URL) and `fault_id`."""
    from harness.provision.http import call

    faults = f"{arguments['admin']}/admin/faults"
    call("DELETE", f"{faults}/{arguments['fault_id']}", timeout_s=_CALL_TIMEOUT_S, accept=(404,))
    if any(item.get("id") == arguments["fault_id"] for item in call("GET", faults, timeout_s=_CALL_TIMEOUT_S)):
        raise HealingError(f"fault {arguments['fault_id']} is still planted at {arguments['admin']}")


RESTORE_REMOTE_LINK = "restore_remote_link"
"""As `restore_link`, on a Toxiproxy that is not ours and does not end with what we started."""

HEALERS: Mapping[str, Healer] = {
    "restore_link": restore_link,
    RESTORE_REMOTE_LINK: restore_remote_link,
    "clear_gateway_fault": clear_gateway_fault,
    **PROCESS_HEALERS,
    **NODE_HEALERS,
    **PRESSURE_HEALERS,
    **CONTAINER_HEALERS,
}
"""Every kind of undo. Each kind of fault keeps its healers in a file of its own; this map is where they meet."""

ENDS_WITH_PLATFORM = frozenset({RESTART, REVIVE, DISARM, RESET_CLOCK, START})
"""Kinds that only mend a process: pointless where the platform is ended anyway."""


STARTS_SOMETHING = frozenset({RESTART, REVIVE, START})
"""Kinds that start a process, a node or a container and wait until it answers: seconds. All others take moments."""

OUTLIVES_PLATFORM = frozenset({RESTORE_REMOTE_LINK})
"""Kinds whose fault stays where everything that we started has ended: they must be healed, and nothing else helps."""


def heal(undo: Undo) -> None:
    """Carry out one undo. Raises `HealingError` where it cannot be proven."""
    healer = HEALERS.get(undo.kind)
    if healer is None:
        raise HealingError(f"no healer is called {undo.kind!r}", hint=f"known: {', '.join(HEALERS)}")
    try:
        healer(undo.arguments)
    except HealingError:
        raise
    except FaultlineError as error:
        raise HealingError(f"{describe(undo)} could not be healed: {error}") from error
    except (KeyError, ValueError) as error:
        raise HealingError(f"{describe(undo)} is malformed: {error!r}") from error


def control_plane(undo: Undo) -> str:
    """Return the address that an undo talks to, empty where it names none."""
    return undo.arguments.get("api") or undo.arguments.get("admin") or ""


def timed_out(error: BaseException) -> bool:
    """Tell whether a control plane accepted a call and never answered: each further call would take as long."""
    cause: BaseException | None = error
    while cause is not None and not isinstance(cause, requests.Timeout):
        cause = cause.__cause__
    return cause is not None


def describe(undo: Undo) -> str:
    """Return an undo in a few words."""
    named = (undo.arguments.get(key) for key in ("link", "fault_id", "node", "name", "service"))
    subject = next(filter(None, named), "")
    return f"{undo.kind} {subject}".strip()
