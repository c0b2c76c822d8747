"""Makes a bundle of a run's folder: the audit's page and lists first, then the manifest, then the archive."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from harness import catalogue
from harness.bundle import actions, chain
from harness.bundle.blocks import BLOCK_BYTES, cut
from harness.bundle.layout import END, LARGEST_FILE, LONGEST_PATH, MOST_FILES, header, padding
from harness.bundle.manifest import (
    FILES,
    MANIFEST_FILE,
    SEAL_FILE,
    VERSION,
    Chain,
    Entry,
    Manifest,
    describe,
    encode,
    seal_of,
)
from harness.core.errors import HarnessError, UsageError
from harness.core.evidence import Evidence
from harness.judge import read_verdict
from harness.run.rendering import version
from harness.workspace import replacing

BUNDLE_FILE = "bundle.tar"


@dataclass(frozen=True)
class Packed:
    """A bundle that was made. `seal` is what to keep elsewhere: the SHA-256 of its manifest, in hex."""

    path: Path
    seal: str
    files: int
    size: int


def pack(folder: Path, target: Path | None = None) -> Packed:
    """Write the bundle of a judged run and return it. Raises `UsageError` for a folder that is none.

    Whatever is in the folder goes in, but for earlier bundles. Links and special files are refused: what they point at
    is not part of the run.
    """
    run_id = _write_audit(folder)
    paths = list(_files(folder))
    events = (folder / chain.EVENTS_FILE).read_bytes().splitlines() if (folder / chain.EVENTS_FILE).is_file() else []
    made = chain.links(events)
    manifest = Manifest(
        version=VERSION,
        run_id=run_id,
        packed_by=version(),
        block_bytes=BLOCK_BYTES,
        events=Chain(len(made), chain.head(made)),
        files=[_entry(folder, path) for path in paths],
    )
    where = target or folder / BUNDLE_FILE
    try:
        with replacing(where) as draft:
            _write(draft, folder, manifest)
    except OSError as error:
        raise UsageError(
            f"{where} cannot be written: {error.strerror}", hint="give a file to write, with --out"
        ) from error
    return Packed(where, seal_of(encode(manifest)).manifest.sha256, len(paths), where.stat().st_size)


def _write_audit(folder: Path) -> str:
    """Write what an auditor reads first, made of the run's own files alone; return the run's id."""
    report = read_verdict(folder)
    with Evidence(folder) as evidence:
        done = actions.actions(evidence)
        (folder / actions.ACTIONS_FILE).write_bytes(actions.encode(done))
        events = folder / chain.EVENTS_FILE
        lines = events.read_bytes().splitlines() if events.is_file() else []
        (folder / chain.CHAIN_FILE).write_bytes(chain.encode(chain.links(lines)))
        for module in catalogue.audit_formats():
            (folder / module.FILENAME).write_text(module.render(report, evidence, done))
    return report.run_id


def _files(folder: Path) -> Iterator[Path]:
    """Yield the folder's files, in the order of their paths."""
    found = sorted(folder.rglob("*"), key=lambda path: path.relative_to(folder).as_posix())
    files = [path for path in found if path.is_symlink() or not path.is_dir()]
    if len(files) > MOST_FILES:
        raise UsageError(f"{folder} has {len(files)} files, a bundle holds {MOST_FILES}")
    for path in files:
        name = path.relative_to(folder).as_posix()
        if path.is_symlink() or not path.is_file():
            raise UsageError(f"{path} is a link or no plain file", hint="a bundle holds a run's own files only")
        if path.stat().st_size > LARGEST_FILE or len((FILES + name).encode()) > LONGEST_PATH:
            raise UsageError(f"{path} is too large, or its name too long, for a bundle")
        if path.suffix != ".tar" and not path.name.startswith("."):
            yield path


def _entry(folder: Path, path: Path) -> Entry:
    with path.open("rb") as stream:
        return describe(path.relative_to(folder).as_posix(), stream, path.stat().st_size)


def _write(draft: Path, folder: Path, manifest: Manifest) -> None:
    document = encode(manifest)
    seal = encode(seal_of(document))
    with draft.open("wb") as out:
        out.write(header(MANIFEST_FILE, len(document)) + document + bytes(padding(len(document))))
        for entry in manifest.files:
            out.write(header(FILES + entry.path, entry.size))
            written = 0
            with (folder / entry.path).open("rb") as stream:
                for data in cut(stream, entry.size):
                    written += out.write(data)
            if written != entry.size:
                raise HarnessError(
                    f"{folder / entry.path} changed while it was packed", hint="pack a run that has ended"
                )
            out.write(bytes(padding(entry.size)))
        out.write(header(SEAL_FILE, len(seal)) + seal + bytes(padding(len(seal)) + END))
