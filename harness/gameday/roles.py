"""Who owns what and who is called when: a file to edit, `gameday-roles.toml`, read anew whenever somebody is paged."""

from pathlib import Path

import msgspec

from harness.core.errors import UsageError
from harness.workspace import write_atomic

FILE = "gameday-roles.toml"
BYTES_MAX = 32_000

STARTING = """\
# Who takes part in game days and incidents. Edit freely; it is read anew whenever somebody is paged.

[facilitator]
name = "nobody yet"
contact = ""

# One table for each part of the platform: who owns it, and how they are reached.
[owners.api]
name = "nobody yet"
contact = ""

[owners.worker]
name = "nobody yet"
contact = ""

[owners.gateways]
name = "nobody yet"
contact = ""

[owners.database]
name = "nobody yet"
contact = ""

# Who is called, in this order, and after how many minutes without an answer.
[[escalation]]
name = "nobody yet"
contact = ""
after_minutes = 0

[[escalation]]
name = "nobody yet"
contact = ""
after_minutes = 15
"""


class Person(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Somebody, and how they are reached."""

    name: str
    contact: str = ""


class Step(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One step of an escalation: who, and after how many minutes without an answer."""

    name: str
    contact: str = ""
    after_minutes: int = 0


class Roles(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The whole file."""

    facilitator: Person = Person("nobody yet")
    owners: dict[str, Person] = {}
    escalation: tuple[Step, ...] = ()


class RolesFile:
    """The file in the folder where the day was started. It is made with the first one that is asked for."""

    def __init__(self, folder: Path) -> None:
        self.path = folder / FILE

    def text(self) -> str:
        """Return what it says."""
        if not self.path.exists():
            write_atomic(self.path, STARTING)
        return self.path.read_text()

    def save(self, text: str) -> Roles:
        """Replace it. Raises `UsageError` where it does not say what such a file says; nothing is changed then."""
        if len(text.encode()) > BYTES_MAX:
            raise UsageError(f"roles: more than {BYTES_MAX} bytes", hint="a list of people is shorter than that")
        roles = parsed(text)
        write_atomic(self.path, text)
        return roles

    def read(self) -> Roles:
        """Return the roles. Raises `UsageError` as `save` does."""
        return parsed(self.text())


def parsed(text: str) -> Roles:
    """Return what a text says. Raises `UsageError` naming the field that is wrong."""
    try:
        return msgspec.toml.decode(text.encode(), type=Roles)
    except msgspec.MsgspecError as error:
        raise UsageError(
            f"roles: {error}", hint="facilitator, owners.PART and escalation, each with name and contact"
        ) from error
