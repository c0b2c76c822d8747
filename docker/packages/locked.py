"""`python locked.py NAMES.txt requirements.lock`: print the lock file's entries, with hashes, of these packages only.

An image installs what its role needs, in exactly the versions of the project's one lock file.
"""

import re
import sys
from pathlib import Path


def entries(lock: str) -> dict[str, str]:
    """Return each package's whole entry (version, marker, hashes) by its name."""
    blocks = re.split(r"(?m)^(?=[A-Za-z0-9])", lock)
    return {re.split(r"[=\s;\[]", block, maxsplit=1)[0].lower(): block for block in blocks if "==" in block}


def selected(names: list[str], lock: str) -> str:
    """Return the entries of `names`; exits naming those that the lock file does not have."""
    known = entries(lock)
    if missing := [name for name in names if name not in known]:
        raise SystemExit(f"error: not in the lock file: {', '.join(missing)}")
    return "".join(known[name] for name in names)


if __name__ == "__main__":
    sys.stdout.write(selected(Path(sys.argv[1]).read_text().split(), Path(sys.argv[2]).read_text()))
