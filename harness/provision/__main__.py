"""`python -m harness.provision`: what a platform needs and a machine has not had yet, made before anybody waits for it.

That is Toxiproxy's server and PostgreSQL's first cluster, in the user's cache. It says nothing where both are there.
"""

import sys

from harness.provision.patience import Say, all_at_once
from harness.provision.toxiproxy.locate import find_server


def main() -> int:
    """Provide everything. Return 0, or 70 where something could not be had, which is said."""
    failed = all_at_once([("toxiproxy", find_server), ("cluster", _first_cluster)])
    for error in failed:
        sys.stderr.write(f"error: {error}\nhint: {error.hint}\n")
    return failed[0].exit_code if failed else 0


def _first_cluster(say: Say) -> None:
    # Only here: the packages that this needs may not be installed when the other is built.
    from harness.provision.postgres.account import database_account, require_usable
    from harness.provision.postgres.binaries import find_binaries
    from harness.provision.postgres.snapshot import first_cluster

    binaries, account = find_binaries(), database_account()
    require_usable(account, binaries.folder)
    first_cluster(binaries, account, say)


if __name__ == "__main__":
    sys.exit(main())
