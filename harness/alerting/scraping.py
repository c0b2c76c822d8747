"""One scrape: a process's Prometheus text, of just those series that are wanted."""

from collections.abc import Mapping, Sequence

import requests
from prometheus_client.parser import text_string_to_metric_families

from harness.core.errors import ControlError
from harness.provision.http import session

Sample = tuple[str, Mapping[str, str], float]
"""A sample's name, labels and value."""


def scrape(url: str, names: Sequence[str], timeout_s: float) -> list[Sample]:
    """Return the samples called `names` that a process shows at `url`. Raises `ControlError` where it shows none."""
    try:
        reply = session(keep=True).get(url, params=[("name[]", name) for name in names], timeout=timeout_s)
        reply.raise_for_status()
    except requests.RequestException as error:
        raise ControlError(f"GET {url} got no figures: {type(error).__name__}") from error
    try:
        return samples_of(reply.text, names)
    except ValueError as error:
        raise ControlError(f"GET {url} answered something that is no Prometheus text: {error}") from error


def samples_of(text: str, names: Sequence[str]) -> list[Sample]:
    """Return the samples called `names` of a Prometheus text. Raises `ValueError` for text that is none."""
    wanted = frozenset(names)
    return [
        (sample.name, sample.labels, float(sample.value))
        for family in text_string_to_metric_families(text)
        for sample in family.samples
        if sample.name in wanted
    ]
