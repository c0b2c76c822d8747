"""`python -m harness.guard WORKSPACE`: started by the harness, never by hand."""

import sys
from pathlib import Path

from harness.guard.process import guard
from harness.workspace import Workspace

if __name__ == "__main__":
    guard(Workspace(Path(sys.argv[1])), lease_s=float(sys.argv[2]), lock=int(sys.argv[3]))
