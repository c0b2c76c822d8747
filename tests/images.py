"""The platform's images, for tests of containers."""

import subprocess
from pathlib import Path

BUILD = Path(__file__).parents[1] / "docker" / "build"


def built(target: str) -> str:
    """Return the name of the image of `target`; it is built when it is missing or of other sources than these."""
    subprocess.run([BUILD, "--missing", target], check=True, stdout=subprocess.DEVNULL)
    return f"faultline-{target}:0.1.0"
