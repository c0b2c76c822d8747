"""The notification port: how people are paged. Into a file on the embedded target, by a webhook where one is given."""

import ipaddress
import json
import time
from pathlib import Path
from typing import Protocol
from urllib.parse import urlsplit

import msgspec

from harness.core.errors import UsageError
from harness.provision.http import call

FILE = "pages.jsonl"
TIMEOUT_S = 3.0


class Page(msgspec.Struct, frozen=True):
    """One message to one person (`contact` as the roles have it); `at` is UTC."""

    at: str
    to: str
    contact: str
    by: str
    text: str


class Port(Protocol):
    """Where pages go."""

    def send(self, page: Page) -> str:
        """Send one and return where it went, in words. Raises `FaultlineError` where it did not go."""


class FilePort:
    """Writes pages into a file of the run."""

    def __init__(self, folder: Path) -> None:
        self._path = folder / FILE

    def send(self, page: Page) -> str:
        """Append it."""
        with self._path.open("ab") as stream:
            stream.write(msgspec.json.encode(page) + b"\n")
        return FILE


class WebhookPort:
    """Posts pages as JSON to an address on this machine: whatever forwards them listens there."""

    def __init__(self, url: str) -> None:
        self._url = checked_url(url)

    def send(self, page: Page) -> str:
        """Post it. Raises `ControlError` where nobody took it."""
        call("POST", self._url, json=json.loads(msgspec.json.encode(page)), timeout_s=TIMEOUT_S)
        return self._url


def checked_url(url: str) -> str:
    """Return an address that may be posted to. Raises `UsageError` for one that is not on this machine."""
    parts = urlsplit(url)
    try:
        local = parts.hostname == "localhost" or ipaddress.ip_address(parts.hostname or "").is_loopback
    except ValueError:
        local = False
    if parts.scheme != "http" or not local:
        raise UsageError(
            f"--notify: {url} is no http address of this machine",
            hint="http://127.0.0.1:PORT/PATH; Faultline sends nothing beyond it, a forwarder there may",
        )
    return url


def page_now(to: str, contact: str, by: str, text: str) -> Page:
    """Return a page with the time now."""
    return Page(time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime()), to, contact, by, text)
