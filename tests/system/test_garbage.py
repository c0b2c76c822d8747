"""A process that serves looks for garbage seldom, and never through what it started with."""

import subprocess
import sys


def test_what_a_process_started_with_is_not_looked_through_again() -> None:
    program = "import gc; from system import garbage; garbage.settle()"
    program += "; print(gc.get_freeze_count() > 1000, gc.get_threshold())"
    ran = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert ran.stdout == "True (20000, 20, 100)\n"
