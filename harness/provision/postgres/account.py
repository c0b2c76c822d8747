"""Under which user PostgreSQL runs. It refuses root, so as root it runs as `nobody`.

That user must still be able to read what root can read: the interpreter, the virtual environment and the data often lie
under root's own home, which is closed to others. `setpriv` keeps exactly one capability for it, `dac_read_search`
(read and search any folder, write none); where the container lacks that one, `dac_override`; where it lacks both,
everything must lie in folders that are open to others, which `require_usable` finds out.
"""

import grp
import os
import pwd
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

from harness.core.errors import ProvisionError

_USABLE_CAPABILITIES = {"dac_read_search": 2, "dac_override": 1}


@dataclass(frozen=True)
class Account:
    """The user of the database's processes: a command prefix that becomes it, and its ids (None: the present user)."""

    prefix: tuple[str, ...] = ()
    uid: int | None = None
    gid: int | None = None

    def own(self, path: Path) -> None:
        """Give a file or folder to this user."""
        if self.uid is not None and self.gid is not None:
            os.chown(path, self.uid, self.gid)

    def own_all(self, folder: Path) -> None:
        """Give a folder and everything in it to this user."""
        self.own(folder)
        if self.uid is not None:
            for path in folder.rglob("*"):
                self.own(path)


def database_account() -> Account:
    """Return the present user, or, for root, `nobody` with the means to become it."""
    if os.geteuid() != 0:
        return Account()
    setpriv = shutil.which("setpriv")
    if setpriv is None:
        raise ProvisionError(
            "PostgreSQL refuses to run as root, and setpriv (util-linux) is not installed to run it as nobody",
            hint="install util-linux, or run as an ordinary user",
        )
    try:
        user = pwd.getpwnam("nobody")
    except KeyError:
        raise ProvisionError(
            "PostgreSQL refuses to run as root, and there is no user `nobody`", hint="run as an ordinary user"
        ) from None
    group = grp.getgrgid(user.pw_gid).gr_name
    become = (setpriv, "--reuid", user.pw_name, "--regid", group, "--clear-groups")
    return Account((*become, *_keep_capability()), user.pw_uid, user.pw_gid)


def _keep_capability() -> tuple[str, ...]:
    held = _held_capabilities()
    for name, number in _USABLE_CAPABILITIES.items():
        if held & (1 << number):
            return ("--inh-caps", f"+{name}", "--ambient-caps", f"+{name}")
    return ()


def _held_capabilities() -> int:
    """Return the bits that are both in the permitted and in the bounding set (0 where the system does not say)."""
    try:
        lines = Path("/proc/self/status").read_text().splitlines()
    except OSError:
        return 0
    sets = {
        name: int(value, 16) for name, _, value in (line.partition(":\t") for line in lines) if name.startswith("Cap")
    }
    return sets.get("CapPrm", 0) & sets.get("CapBnd", 0)


def require_usable(account: Account, programs: Path) -> None:
    """Raise `ProvisionError` when that user cannot run Python and PostgreSQL from where they are."""
    if not account.prefix:
        return
    for command in ((sys.executable, "-I", "-c", "import encodings"), (str(programs / "postgres"), "--version")):
        ran = subprocess.run([*account.prefix, *command], capture_output=True, text=True, timeout=20, cwd="/")
        if ran.returncode != 0:
            raise ProvisionError(
                f"PostgreSQL must not run as root, and the user nobody cannot run {command[0]}: "
                f"{ran.stderr.strip().splitlines()[-1] if ran.stderr.strip() else f'status {ran.returncode}'}",
                hint="run as an ordinary user, or keep Python, the virtual environment and the project in folders open "
                "to everyone, or give the container the capability DAC_READ_SEARCH",
            )
