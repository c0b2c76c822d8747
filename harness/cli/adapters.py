"""`faultline init` and `check-adapter`: from nothing to an adapter that can be used."""

import sys
from importlib.resources import files
from pathlib import Path
from typing import Annotated

import typer

from harness.cli.talk import Talker
from harness.core.errors import UsageError
from harness.targets.remote.loading import load_adapter
from harness.targets.remote.rehearsal import Findings, Rehearsal


def init(
    path: Annotated[Path, typer.Argument(metavar="FILE", help="Where the adapter goes.")] = Path("adapter.py"),
) -> int:
    """Write a commented adapter for a system of your own, to be filled in; then `faultline check-adapter FILE`."""
    if path.suffix != ".py":
        raise UsageError(f"{path} is not a Python file", hint="faultline init adapter.py")
    text = files("harness.targets.remote").joinpath("template.py").read_text()
    try:
        with path.open("x") as file:
            file.write(text)
    except FileExistsError as error:
        raise UsageError(f"{path} is there already", hint="give another name: faultline init my_adapter.py") from error
    except OSError as error:
        raise UsageError(
            f"{path} cannot be written: {error.strerror}", hint="give a file in a folder of yours"
        ) from error
    sys.stdout.write(f"{path}\n")
    sys.stderr.write(
        f"Fill in what is marked TODO, then: faultline check-adapter {path}\ndocs/your-own-system.md goes through it.\n"
    )
    return 0


def check_adapter(
    path: Annotated[Path, typer.Argument(metavar="FILE", help="The adapter.")],
) -> int:
    """Make one payment, the same again, a decline, looks and a read of the ledger, and say all that is wrong.

    Exit code: 0 the adapter can be used, 64 it cannot. Nothing is broken, and nothing is emptied.
    """
    adapter, talker = load_adapter(path), Talker()
    findings = Rehearsal(adapter, talker.progress).play()
    talker.end()
    sys.stdout.write(told(findings, path))
    return UsageError("").exit_code if findings.wrong else 0


def told(findings: Findings, path: Path) -> str:
    """Return what was found, for people."""
    lines = [f"ok     {what}" for what in findings.done]
    lines += [f"SEEN   {what}" for what in findings.seen]
    lines += [f"WRONG  {what}" for what in findings.wrong]
    if findings.wrong:
        lines.append(
            f"{len(findings.wrong)} to correct in {path}" + (" or in how it is set up" if findings.wrong else "")
        )
    else:
        lines.append(f"{path} can be used: faultline run answers_lost_on_the_way --target remote --adapter {path}")
    return "\n".join(lines) + "\n"
