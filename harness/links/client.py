"""Toxiproxy's control API through `toxiproxy-python`.

What of the library (0.1.1) is used: its transport `APIConsumer` with the mapping of 400, 404 and 409 to exceptions, and
its value objects `Proxy` and `Toxic`. What it lacks, and what this module adds:

- host and port are class attributes shared by the whole process: each client here has a consumer class of its own;
- it sets no timeout, so a frozen server freezes the caller: every call here has one;
- it ignores every other status, so a fault that was never injected looks injected: any non-2xx is an error here;
- it follows the environment's HTTP proxies: switched off here;
- it believes what it sent: every change here is read back, and a difference is an error;
- it cannot update a toxic or a proxy: they are removed and created again.
"""

import time
from collections.abc import Mapping
from itertools import count
from typing import Any

import requests
from toxiproxy.api import APIConsumer
from toxiproxy.exceptions import InvalidToxic, NotFound, ProxyExists
from toxiproxy.proxy import Proxy
from toxiproxy.toxic import Toxic

from harness.core.errors import ControlError
from harness.links.toxics import validate_toxic

CALL_TIMEOUT_S = 2.0
_NO_PROXIES = {"http": "", "https": ""}
_REMOVAL_DEADLINE_S = 5.0


class ControlFrozen(ControlError):
    """The control API did not answer at all: the server must be killed and started again."""


class ToxiproxyClient:
    """One Toxiproxy server's control API. Raises `ControlError` for anything that did not verifiably happen."""

    def __init__(self, host: str, port: int, *, timeout_s: float = CALL_TIMEOUT_S) -> None:
        self.address = f"{host}:{port}"
        self._timeout_s = timeout_s
        self._consumer: type[APIConsumer] = type("Consumer", (APIConsumer,), {"host": host, "port": port})

    def version(self) -> str:
        """Return what the server calls its version (`git` when it was built by `go install`)."""
        body = self._call("get", "/version")
        return str(body.get("version", body)) if isinstance(body, dict) else str(body)

    def proxies(self) -> dict[str, Proxy]:
        """Return every proxy by its name, as the library's `Proxy`."""
        return {name: Proxy(**values) for name, values in self._call("get", "/proxies").items()}

    def poisoned(self) -> set[str]:
        """Return the proxies that carry any toxic, from one call."""
        return {name for name, values in self._call("get", "/proxies").items() if values.get("toxics")}

    def disturbances(self) -> list[tuple[str, str]]:
        """Return (proxy, what is wrong with it) for each closed proxy and each toxic, from one call."""
        found = []
        for name, values in self._call("get", "/proxies").items():
            if not values["enabled"]:
                found.append((name, "cut"))
            found += [(name, _shown(Toxic(**toxic))) for toxic in values.get("toxics", ())]
        return found

    def toxics(self, proxy: str) -> dict[str, Toxic]:
        """Return a proxy's toxics by their names, as the library's `Toxic`."""
        return {item["name"]: Toxic(**item) for item in self._call("get", f"/proxies/{proxy}/toxics")}

    def create(self, name: str, *, listen: str, upstream: str, enabled: bool = True) -> None:
        """Create a proxy, in place of any of this name, whose connections and toxics end with it."""
        wanted = {"name": name, "listen": listen, "upstream": upstream, "enabled": enabled}
        try:
            self._call("post", "/proxies", json=wanted)
        except ControlError as error:
            if not isinstance(error.__cause__, ProxyExists):
                raise
            self.destroy(name)
            self._call("post", "/proxies", json=wanted)
        self._expect(name, listen=listen, upstream=upstream, enabled=enabled)

    def destroy(self, name: str) -> None:
        """Remove a proxy and close its connections. Harmless when there is none."""
        self._delete(f"/proxies/{name}")

    def set_enabled(self, name: str, enabled: bool) -> None:
        """Let a proxy listen, or close it together with every live connection."""
        self._call("post", f"/proxies/{name}", json={"enabled": enabled})
        self._expect(name, enabled=enabled)

    def add_toxic(
        self,
        proxy: str,
        kind: str,
        *,
        stream: str,
        toxicity: float,
        attributes: Mapping[str, int],
        beside: bool = False,
    ) -> str:
        """Add a toxic in place of the one of the same kind and stream, or `beside` it; return its name."""
        validate_toxic(kind, stream, toxicity, attributes)
        name = f"{kind}_{stream}"
        there = self.toxics(proxy)
        if beside:
            name = next(new for number in count(1) if (new := name if number == 1 else f"{name}_{number}") not in there)
        elif name in there:
            self.remove_toxic(proxy, name)
        wanted = {"name": name, "type": kind, "stream": stream, "toxicity": toxicity, "attributes": dict(attributes)}
        self._call("post", f"/proxies/{proxy}/toxics", json=wanted)
        found = self.toxics(proxy).get(name)
        if found is None or found.stream != stream or abs(found.toxicity - toxicity) > 1e-6:
            raise ControlError(f"toxic {name} on {proxy} was accepted, but reads back as {_shown(found)}")
        if any(found.attributes.get(key) != value for key, value in attributes.items()):
            raise ControlError(f"toxic {name} on {proxy} reads back with {found.attributes}, not {dict(attributes)}")
        return name

    def remove_toxic(self, proxy: str, name: str) -> None:
        """Remove a toxic. Harmless when there is none; it may block while a `reset_peer` waits."""
        self._delete(f"/proxies/{proxy}/toxics/{name}")
        until = time.monotonic() + _REMOVAL_DEADLINE_S
        while name in self.toxics(proxy):
            if time.monotonic() > until:
                raise ControlError(f"toxic {name} on {proxy} was removed, but is still there")
            time.sleep(0.02)

    def _expect(self, name: str, **wanted: object) -> None:
        found = self.proxies().get(name)
        for key, value in wanted.items():
            actual = getattr(found, key, None)
            if actual != value:
                raise ControlError(f"proxy {name}: {key} reads back as {actual!r}, not {value!r}")

    def _delete(self, path: str) -> None:
        try:
            self._call("delete", path)
        except ControlError as error:
            if not isinstance(error.__cause__, NotFound):
                raise

    def _call(self, method: str, path: str, **arguments: object) -> Any:
        send = getattr(self._consumer, method)
        what = f"Toxiproxy at {self.address}: {method.upper()} {path}"
        try:
            reply: requests.Response = send(path, timeout=self._timeout_s, proxies=_NO_PROXIES, **arguments)
        except (ProxyExists, NotFound, InvalidToxic) as error:
            raise ControlError(f"{what} was refused: {type(error).__name__} {error}") from error
        except requests.RequestException as error:
            raise ControlFrozen(f"{what} got no answer in {self._timeout_s:g} s ({type(error).__name__})") from error
        if not reply.ok:
            raise ControlError(f"{what} answered {reply.status_code}: {reply.text[:200]}")
        return _decoded(reply)


def _decoded(reply: requests.Response) -> Any:
    try:
        return reply.json() if reply.content else None
    except ValueError:
        return reply.text.strip()


def _shown(toxic: Toxic | None) -> str:
    return "nothing" if toxic is None else f"{toxic.type} {toxic.stream} {toxic.toxicity} {toxic.attributes}"
