"""`make test`: all tests but the thorough ones, in three parts. `python -m tests.parts [OPTION OF PYTEST ...]`

Before any test, what a machine has never had is made: a test that waits for a platform must not wait for a compiler.
Then what starts a platform, and nothing beside it: the promises that are judged there have times in them, and no order
of precedence keeps a busy neighbour out of them on two cores. Then the rest in three parts at once, each of which
spends much of its time waiting; the output of all but the first is shown when all are done.
"""

import subprocess
import sys
import tempfile
from collections.abc import Sequence
from contextlib import ExitStack
from typing import IO

PLATFORMS = ("-m", "e2e and not thorough")
REST = ("-m", "not e2e and not thorough")
HOSTS = (*REST, "tests/harness/joining")
ENGINE = (*REST, "tests/harness", "--ignore=tests/harness/joining")
OTHERS = (*REST, "tests", "--ignore=tests/harness")

PYTEST = (sys.executable, "-m", "pytest")
PROVISION = (sys.executable, "-m", "tests.provision")


def run(parts: Sequence[Sequence[str]], options: Sequence[str], program: Sequence[str] = PYTEST) -> list[int]:
    """Run some parts at once and return their exit codes; the output of all but the first is shown at the end."""
    with ExitStack() as opened:
        kept: list[IO[str]] = [opened.enter_context(tempfile.TemporaryFile("w+")) for _ in parts[1:]]
        running = [
            opened.enter_context(
                subprocess.Popen([*program, *arguments, *options], text=True, stdout=output, stderr=output)
            )
            for arguments, output in zip(parts, (None, *kept), strict=True)
        ]
        try:
            codes = [part.wait() for part in running]
        except KeyboardInterrupt:
            # It reached every part; each takes its platform away before it ends.
            for part in running:
                part.wait()
            raise
        for output in kept:
            output.seek(0)
            sys.stdout.write(output.read())
        sys.stdout.flush()
    return codes


def main(options: Sequence[str], program: Sequence[str] = PYTEST, provision: Sequence[str] = PROVISION) -> int:
    """Run all parts, say how each ended, and return 0 only where all passed. 130 after Ctrl-C."""
    names = ("platforms", "engine", "hosts", "others")
    try:
        say("before the first one: what is built once for them (nothing, where it is there)")
        if code := subprocess.run(provision).returncode:
            say(f"FAILED before the first test: what they need could not be had (exit code {code})")
            return code
        say("1 of 2: what starts a platform, alone")
        codes = run([PLATFORMS], options, program)
        say("2 of 2: the rest, in three parts at once: tests/harness is shown now, the others when all are done")
        codes += run([ENGINE, HOSTS, OTHERS], options, program)
    except KeyboardInterrupt:
        return 130
    print(file=sys.stderr)  # a library's last words may have no end of line
    say(", ".join(f"{name}: {told(code)}" for name, code in zip(names, codes, strict=True)))
    return next((code for code in codes if code != 0), 0)


def told(code: int) -> str:
    """Return how a part ended, in words."""
    return "passed" if code == 0 else f"FAILED (exit code {code})"


def say(text: str) -> None:
    """Tell people where we are."""
    print(f"tests: {text}", file=sys.stderr, flush=True)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
