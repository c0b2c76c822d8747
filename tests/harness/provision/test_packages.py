"""The environment is made by a bare interpreter: what makes it imports no package that it is about to install."""

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[3]


def test_what_makes_the_environment_needs_python_alone() -> None:
    told = f"import sys; sys.path.insert(0, {str(ROOT)!r}); import harness.provision.packages; print('imported')"
    ran = subprocess.run([sys.executable, "-I", "-S", "-c", told], capture_output=True, text=True, check=False)
    assert (ran.stdout, ran.stderr) == ("imported\n", "")
