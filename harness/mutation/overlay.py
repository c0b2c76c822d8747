"""The platform from a folder of its own: a copy whose files are links, but for what is changed in it.

Nothing of the checkout is edited, so several mutants can run at once. A mutant's copy carries it as the planted bug
`B0`: the platform says so in `/health`, and counts how often the mutated place was reached.
"""

import ast
import os
import shutil
from collections import defaultdict
from collections.abc import Mapping, Sequence
from pathlib import Path

from harness.catalogue import ROOT
from harness.mutation.mutant import Mutant, Site

REACHED = "mutant_reached"
_MODULE = f"system/{REACHED}.py"
_IMPORT = f"from system.{REACHED} import {REACHED}\n".encode()
_BUG = "system/bugs/b0_mutant.py"
_CONNECTION = "system/store/connection.py"
_NOTICE = "mutant reached "

_COUNTING = '''"""Counts how often the mutated place was reached, from before a bug is planted on."""

_waiting = 0
_report = None


def mutant_reached(site: int = 0) -> None:
    global _waiting
    if _report is None:
        _waiting += 1
    else:
        _report()


def hand_over(report) -> None:
    global _report
    _report = report
    for _ in range(_waiting):
        report()
'''

_PLANTED = '''"""A mutant: the change is in the sources themselves."""

from dataclasses import replace

from system.bugs.bug import Bug
from system.mutant_reached import hand_over

BUG = Bug(id="B0", title="a mutant", caught_by=(), shown_by=())
FROM_THE_START = {from_the_start}


def plant(seams, reached):
    hand_over(reached)
    if not FROM_THE_START:
        return seams
    sound = seams.key_scope

    def counted(merchant_id):
        reached()
        return sound(merchant_id)

    return replace(seams, key_scope=counted)
'''

_NOTED = '''"""Notes each place that was reached, at most every three seconds, with seconds since the epoch."""

import os
import time

EVERY_S = 3.0
_last = {{}}
_file = open(f"{folder}/{{os.getpid()}}.txt", "a", buffering=1)


def mutant_reached(site: int) -> None:
    now = time.monotonic()
    if now >= _last.get(site, 0.0):
        _last[site] = now + EVERY_S
        _file.write(f"{{site}} {{time.time():.1f}}\\n")
'''

_HEARING = """

_faultline_sound = puts_commit_in_doubt


def puts_commit_in_doubt(warning: str) -> bool:
    if warning.startswith("mutant reached "):
        mutant_reached(int(warning.removeprefix("mutant reached ")))
        return False
    return _faultline_sound(warning)
"""

_TELLING = """CREATE OR REPLACE FUNCTION pay.mutant_reached(p_site integer) RETURNS void LANGUAGE plpgsql AS $m$
BEGIN
    RAISE NOTICE 'mutant reached %', p_site;
END $m$;
"""


def write_mutant(folder: Path, mutant: Mutant, root: Path = ROOT) -> None:
    """Make a copy of the platform with this mutant in it."""
    _copy(root, folder)
    source = (root / mutant.path).read_bytes()
    site, edit = mutant.site, mutant.edit
    before, after = _report(source, site, 0)
    if site.kind == "sql":
        text = source[: site.start] + before + source[site.start : edit.start] + edit.text.encode() + source[edit.end :]
    else:
        text = b"".join(
            (
                source[: site.start] + before + source[site.start : edit.start],
                edit.text.encode(),
                source[edit.end : site.end] + after + source[site.end :],
            )
        )
    _write(folder, mutant.path, _introduced(mutant.path, text))
    _write(folder, _MODULE, _COUNTING.encode())
    _write(folder, _BUG, _PLANTED.format(from_the_start=site.kind == "import").encode())
    _listen(folder, root)


def write_reporting(folder: Path, notes: Path, sites: Mapping[tuple[str, Site], int], root: Path = ROOT) -> None:
    """Make a copy of the sound platform in which each of these sites notes in the folder `notes` when it is reached."""
    _copy(root, folder)
    notes.mkdir(parents=True, exist_ok=True)
    places: dict[str, list[tuple[Site, int]]] = defaultdict(list)
    for (path, site), number in sites.items():
        if site.kind != "import":
            places[path].append((site, number))
    for path, found in places.items():
        _write(folder, path, _introduced(path, _reporting((root / path).read_bytes(), found)))
    _write(folder, _MODULE, _NOTED.format(folder=notes).encode())
    _listen(folder, root)


def _copy(root: Path, folder: Path) -> None:
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    shutil.copytree(root / "system", folder / "system", copy_function=_linked)


def _linked(source: str, target: str) -> None:
    """Link a file, or copy it where the folder is on another disk."""
    try:
        os.link(source, target)
    except OSError:
        shutil.copy2(source, target)


def _write(folder: Path, path: str, content: bytes) -> None:
    """Put a file of its own in the place of a link."""
    (folder / path).unlink(missing_ok=True)
    (folder / path).write_bytes(content)


def _report(source: bytes, site: Site, number: int) -> tuple[bytes, bytes]:
    """Return what is put before and after a site, so that it reports."""
    call = f"{REACHED}({number})"
    if site.kind == "expression":
        return f"({call} or (".encode(), b"))"
    if site.kind == "statement":
        line = source[source.rfind(b"\n", 0, site.start) + 1 : site.start]
        return call.encode() + (b"\n" + line if not line.strip() else b"; "), b""
    if site.kind == "sql":
        # Not PERFORM, which sets FOUND: the next statement may ask what the one before it did.
        told = f"RAISE NOTICE '{_NOTICE}{number}'" if _is_plpgsql(source, site) else f"SELECT pay.{call}"
        return f" {told}; ".encode(), b""
    return b"", b""


def _is_plpgsql(source: bytes, site: Site) -> bool:
    head = source[: site.start].decode()
    return head.rfind("LANGUAGE plpgsql") > head.rfind("LANGUAGE sql")


def _reporting(source: bytes, found: Sequence[tuple[Site, int]]) -> bytes:
    """Return a file in which each site reports; sites may be inside of each other, or begin together."""
    points: list[tuple[int, int, int, bytes]] = []
    for site, number in found:
        before, after = _report(source, site, number)
        # At one place: what ends there comes first, the inner one before the outer; then what begins, the outer first.
        points.append((site.start, 1, -site.end if site.kind != "statement" else -len(source) - 1, before))
        points.append((site.end, 0, -site.start, after))
    text, last = b"", 0
    for at, _, _, piece in sorted(points):
        text += source[last:at] + piece
        last = at
    return text + source[last:]


def _introduced(path: str, text: bytes) -> bytes:
    """Return a file that knows how to report."""
    if path.endswith(".sql"):
        return _TELLING.encode() + text
    first = next(statement for statement in ast.parse(text).body if not _is_head(statement))
    line = min([first.lineno, *(each.lineno for each in getattr(first, "decorator_list", []))])
    lines = text.splitlines(keepends=True)
    return b"".join((*lines[: line - 1], _IMPORT, *lines[line - 1 :]))


def _is_head(statement: ast.stmt) -> bool:
    """Tell a docstring, or an import that must be the first."""
    if isinstance(statement, ast.ImportFrom):
        return statement.module == "__future__"
    return isinstance(statement, ast.Expr) and isinstance(statement.value, ast.Constant)


def _listen(folder: Path, root: Path) -> None:
    """Let database connections hear what functions in SQL report."""
    text = (folder / _CONNECTION).read_bytes()
    place = text.index(b"\n\nclass Connection")
    if _IMPORT not in text:
        text = _introduced(_CONNECTION, text)
        place += len(_IMPORT)
    _write(folder, _CONNECTION, text[:place] + _HEARING.encode() + text[place:])
