"""`python -m harness.provision.toxiproxy`: find or build the server alone. Needs Python, and no package."""

import sys

from harness.provision.patience import all_at_once
from harness.provision.toxiproxy.locate import find_server

if __name__ == "__main__":
    # What goes wrong is said when the server is needed, with everything that was tried.
    sys.exit(bool(all_at_once([("toxiproxy", find_server)])))
