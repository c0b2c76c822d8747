"""Which bytes of the archive stand where. Everything in it is told by the manifest, headers and padding too.

It is a plain POSIX archive (ustar), which `tar xf` unpacks: the manifest, the run's files in the manifest's order, the
seal, two blocks of zeros. Owners, times and modes say nothing of the run and are always the same.
"""

import tarfile

BLOCK = tarfile.BLOCKSIZE
END = 2 * BLOCK
"""Zeros after the last member."""
LONGEST_PATH = 255
MOST_FILES = 100_000
LARGEST_FILE = 8 * 2**30 - 1
"""In bytes; what the header of a plain archive can say."""
LARGEST_MANIFEST = 256 * 2**20


def header(name: str, size: int) -> bytes:
    """Return the 512 bytes before a member. Raises `ValueError` for a name that is too long for a plain archive."""
    member = tarfile.TarInfo(name)
    member.size, member.mode, member.mtime = size, 0o644, 0
    return member.tobuf(tarfile.USTAR_FORMAT, "utf-8", "strict")


def padding(size: int) -> int:
    """Return how many zeros follow a member of `size` bytes."""
    return -size % BLOCK
