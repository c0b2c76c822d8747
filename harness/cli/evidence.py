"""`faultline evidence`: a run's folder as one file that proves itself unchanged."""

import json
import re
import sys
from pathlib import Path
from typing import Annotated

import typer

from harness.bundle import Difference, pack, verify
from harness.cli.talk import Talker
from harness.core.errors import UsageError

_SEAL = re.compile(r"[0-9a-fA-F]{64}")


def make_app() -> typer.Typer:
    """Return the group with its commands."""
    app = typer.Typer(help="Pack a run's evidence into one file, and prove such a file unchanged.")
    app.command("pack")(pack_run)
    app.command("verify")(verify_bundle)
    return app


def pack_run(
    run: Annotated[Path, typer.Argument(metavar="RUN", help="Folder of a run that was judged.")],
    out: Annotated[Path | None, typer.Option(help="The file to write; RUN/bundle.tar by default.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON instead of text.")] = False,
) -> int:
    """Write a run's bundle, the auditor's page in it, and print its seal: keep that elsewhere."""
    if not run.is_dir():
        raise UsageError(f"{run} is not a folder", hint="give a folder that `faultline run` made: runs/<run>")
    Talker().progress(f"packing {run}")
    made = pack(run, out)
    document = {"bundle": str(made.path), "seal": made.seal, "files": made.files, "bytes": made.size}
    text = f"{made.path}\nseal {made.seal}\n{made.files} files, {made.size:,} bytes\n"
    sys.stdout.write(json.dumps(document, indent=2) + "\n" if as_json else text)
    return 0


def verify_bundle(
    bundle: Annotated[Path, typer.Argument(metavar="FILE", help="A bundle that `faultline evidence pack` made.")],
    seal: Annotated[str, typer.Option(help="The seal that was printed when it was packed.")] = "",
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON instead of text.")] = False,
) -> int:
    """Prove a bundle unchanged. Exit code: 0 unchanged, 1 changed, 64 no bundle or a harmful one."""
    if seal and not _SEAL.fullmatch(seal):
        raise UsageError(f"--seal: {seal!r} is no seal", hint="64 hexadecimal digits, as `evidence pack` printed them")
    Talker().progress(f"verifying {bundle}")
    found = verify(bundle, seal)
    if as_json:
        differences = [
            {"file": item.file, "offset": item.offset, "archive_offset": item.at, "what": item.what}
            for item in found.differences
        ]
        document = {"run": found.run_id, "seal": found.seal, "unchanged": found.unchanged, "differences": differences}
        sys.stdout.write(json.dumps(document, indent=2) + "\n")
    elif found.unchanged:
        against = "and is the seal that was kept" if seal else "compare it with the one that was kept"
        sys.stdout.write(
            f"unchanged: {found.run_id}, {found.files} files, {found.events} events in order\n"
            f"seal {found.seal} ({against})\n"
        )
    else:
        sys.stdout.write("CHANGED\n" + "".join(f"  {_line(item)}\n" for item in found.differences))
    return 0 if found.unchanged else 1


def _line(item: Difference) -> str:
    where = f" (byte {item.at} of the bundle)" if item.at is not None else ""
    return f"{item.file}: {item.what}{where}"
