"""Reading a file out of a container, whether it runs or has ended."""

import io
import tarfile

from harness.core.errors import ControlError
from harness.provision.containers.engine import controlled
from harness.provision.containers.owned import container


def read_file(owner: str, service: str, path: str) -> str:
    """Return a file's text. `ControlError` where there is no such container or file."""
    with controlled(f"reading {path} of {service}"):
        chunks, _ = container(owner, service).get_archive(path)
        archive = b"".join(chunks)
    with tarfile.open(fileobj=io.BytesIO(archive)) as opened:
        member = opened.extractfile(opened.getmembers()[0])
        if member is None:
            raise ControlError(f"{path} of {service} is no file")
        return member.read().decode()
