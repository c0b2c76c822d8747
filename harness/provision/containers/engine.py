"""The Docker engine that the environment names (`DOCKER_HOST`), through the package `docker`."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from functools import cache
from typing import TYPE_CHECKING, Any

from harness.core.errors import ControlError, ProvisionError

if TYPE_CHECKING:
    from docker import DockerClient

TIMEOUT_S = 30
"""Stopping a container with grace takes as long as its grace."""


@cache
def engine() -> "DockerClient":
    """Return the client of this process. Raises `ProvisionError` where no engine answers."""
    from docker.errors import DockerException

    import docker

    try:
        client = docker.from_env(timeout=TIMEOUT_S)
        client.ping()
    except DockerException as error:
        raise ProvisionError(
            f"no Docker engine answers: {error}",
            hint="start Docker, or set DOCKER_HOST; on Debian without one, docker/engine installs and starts it",
        ) from error
    return client


@contextmanager
def controlled(what: str) -> Iterator[None]:
    """Turn whatever the engine refuses within the block into a `ControlError` that says what was tried."""
    import requests
    from docker.errors import DockerException

    try:
        yield
    except (DockerException, requests.RequestException) as error:
        raise ControlError(f"{what}: {error}") from error


def statistics(container_id: str) -> Mapping[str, Any]:
    """Return what the engine counts of a living container, once a second. `ControlError` where it does not say."""
    with controlled(f"asking for the statistics of container {container_id[:12]}"):
        return dict(engine().api.stats(container_id, stream=False, one_shot=True))
