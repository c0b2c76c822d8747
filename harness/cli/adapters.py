"""`faultline init` and `check-adapter`: from nothing to an adapter that can be used."""

import sys
from collections.abc import Iterator, Mapping, Sequence
from importlib.resources import files
from pathlib import Path
from typing import Annotated

import typer

from harness.cli.talk import Talker
from harness.core.adapter import Adapter
from harness.core.errors import UsageError
from harness.core.evidence import BUSY_ANSWERS, REPLAY_MARKS, SECOND_MERCHANT, VERSIONS
from harness.invariants import catalogue
from harness.targets.remote.books import not_given
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
    sys.stdout.write(told(findings, path, () if findings.wrong else tuple(more(adapter))))
    return UsageError("").exit_code if findings.wrong else 0


_GIVES: Mapping[str, frozenset[str]] = {
    "payments()": frozenset({"payments", "operations", "states"}),
    "Tells.CHARGES": frozenset({"attempts"}),
    "Tells.REPLAYS": frozenset({REPLAY_MARKS}),
    "Tells.BUSY": frozenset({BUSY_ANSWERS}),
    "Tells.VERSIONS": frozenset({VERSIONS}),
    "a second merchant": frozenset({SECOND_MERCHANT}),
}
"""What an adapter may give besides, with the evidence that comes of it."""


def more(adapter: Adapter) -> Iterator[str]:
    """Yield what the adapter does not give and could, with the invariants that would be judged then."""
    lacking = frozenset(not_given(adapter))
    for what, evidence in _GIVES.items():
        if added := [name for name in _judged(lacking - evidence) if name not in _judged(lacking)]:
            yield f"with {what} more would be judged: {', '.join(added)}"


def _judged(lacking: frozenset[str]) -> list[str]:
    """Return the invariants that can be judged without this evidence."""
    return [item.id for item in catalogue() if not lacking.intersection({*item.needs} - {*item.spares})]


def told(findings: Findings, path: Path, more: Sequence[str] = ()) -> str:
    """Return what was found, for people; `more` says what else the adapter could give."""
    lines = [f"ok     {what}" for what in findings.done]
    lines += [f"SEEN   {what}" for what in findings.seen]
    lines += [f"MORE   {what}" for what in more]
    lines += [f"WRONG  {what}" for what in findings.wrong]
    if findings.wrong:
        lines.append(f"{len(findings.wrong)} to correct in {path} or in how it is set up")
    else:
        lines.append(f"{path} can be used: faultline run answers_lost_on_the_way --target remote --adapter {path}")
    return "\n".join(lines) + "\n"
