"""`python -m harness.provision.toxiproxy`: find or build the server alone, and print where it is. Needs no package."""

import sys
from pathlib import Path

from harness.provision.patience import Say, all_at_once
from harness.provision.toxiproxy.locate import find_server

if __name__ == "__main__":
    found: list[Path] = []

    def find(say: Say) -> None:
        """Keep what was found."""
        found.append(find_server(say))

    # What goes wrong is said when the server is needed, with everything that was tried.
    failed = all_at_once([("toxiproxy", find)])
    sys.stdout.write("".join(f"{path}\n" for path in found))
    sys.exit(bool(failed))
