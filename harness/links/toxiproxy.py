"""`core.surface.Links` on a Toxiproxy server, which is started again when its control API freezes."""

from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from difflib import get_close_matches
from fnmatch import fnmatchcase
from functools import partial
from typing import TypeVar

from harness.core.errors import ControlError, UsageError
from harness.core.fault import Undo
from harness.core.surface import Toxic
from harness.links.client import ControlFrozen, ToxiproxyClient
from harness.links.toxics import validate_toxic

_Result = TypeVar("_Result")


@dataclass(frozen=True)
class LinkSpec:
    """One link: where its callers connect to and where that leads, each as `host:port`."""

    name: str
    listen: str
    upstream: str


class ToxiproxyLinks:
    """The links of a target. `respawn` brings up a fresh server without proxies (None where nobody here may)."""

    def __init__(
        self, client: ToxiproxyClient, links: Sequence[LinkSpec], *, respawn: Callable[[], None] | None = None
    ) -> None:
        self._client = client
        self._links = {link.name: link for link in links}
        self._respawn = respawn

    @property
    def specs(self) -> Sequence[LinkSpec]:
        """Every link."""
        return tuple(self._links.values())

    def matching(self, pattern: str) -> Sequence[str]:
        """Return the links matching a shell pattern such as `*-to-stripe`; `UsageError` listing all when none does."""
        found = [name for name in self._links if fnmatchcase(name, pattern)]
        if not found:
            close = get_close_matches(pattern, self._links, n=1)
            nearest = f" (did you mean {close[0]!r}?)" if close else ""
            raise UsageError(f"no link matches {pattern!r}{nearest}", hint=f"links: {', '.join(self._links)}")
        return found

    def cut(self, link: str) -> None:
        """Refuse new connections and drop live ones. Verified by read-back."""
        self._known(link)
        self._controlled(lambda: self._client.set_enabled(link, False))

    def add_toxic(self, link: str, kind: str, *, stream: str, toxicity: float, attributes: Mapping[str, int]) -> None:
        """Add a toxic. `stream` is `upstream` (requests) or `downstream` (answers). Verified by read-back."""
        self._known(link)
        validate_toxic(kind, stream, toxicity, attributes)
        self._controlled(
            lambda: self._client.add_toxic(link, kind, stream=stream, toxicity=toxicity, attributes=attributes)
        )

    def lay(self, link: str, toxics: Sequence[Toxic]) -> None:
        """Put toxics on a link in one step, beside what is on it. Verified by read-back.

        A change of a direction that carries something would release what it holds, past the new toxic, and roll the
        chances of the others again. So such a link is closed, changed, and opened: every connection meets all of them.
        """
        self._known(link)
        for toxic in toxics:
            validate_toxic(toxic.kind, toxic.stream, 1.0, toxic.attributes)
        self._controlled(lambda: self._lay(link, toxics))

    def _lay(self, link: str, toxics: Sequence[Toxic]) -> None:
        streams = [*(toxic.stream for toxic in self._client.toxics(link).values()), *(toxic.stream for toxic in toxics)]
        layered = len(streams) > len(set(streams)) and self._client.proxies()[link].enabled
        if layered:
            self._client.set_enabled(link, False)
        self._add(link, toxics)
        if layered:
            self._client.set_enabled(link, True)

    def relay(self, link: str, toxics: Sequence[Toxic], *, cut: bool) -> None:
        """Leave just these toxics on a link, and have it cut or open, in one step: it is never whole in between.

        Its connections end. Verified by read-back.
        """
        self._known(link)
        for toxic in toxics:
            validate_toxic(toxic.kind, toxic.stream, 1.0, toxic.attributes)
        self._controlled(lambda: self._relay(link, toxics, cut))

    def _relay(self, link: str, toxics: Sequence[Toxic], cut: bool) -> None:
        """A new proxy takes the old one's place: taking toxics off one by one waits for what each of them holds."""
        found = self._client.proxies()[link]
        self._client.create(link, listen=found.listen, upstream=found.upstream, enabled=False)
        self._add(link, toxics)
        if not cut:
            self._client.set_enabled(link, True)

    def _add(self, link: str, toxics: Sequence[Toxic]) -> None:
        for toxic in toxics:
            self._client.add_toxic(
                link, toxic.kind, stream=toxic.stream, toxicity=1.0, attributes=toxic.attributes, beside=True
            )

    def undo(self, link: str) -> Undo:
        """Return the step that enables the link and removes every toxic from it."""
        spec = self._known(link)
        arguments = {"api": self._client.address, "link": link, "listen": spec.listen, "upstream": spec.upstream}
        return Undo("restore_link", arguments)

    def create_all(self) -> None:
        """Create every link, enabled and without toxics. Verified by read-back."""
        with ThreadPoolExecutor(max_workers=4) as pool:
            list(pool.map(self._create, self._links.values()))

    def restore_all(self) -> None:
        """Bring every link back to how `create_all` made it, whatever was done to it."""
        disturbed = self.disturbed()
        for name in disturbed:
            self._controlled(partial(self._create, self._links[name]))
        if disturbed and (left := self.disturbed()):
            raise ControlError(f"these links are still disturbed after their restoration: {', '.join(left)}")

    def disturbed(self) -> Sequence[str]:
        """Return the links that are missing, cut, redirected or poisoned at this moment."""
        return self._controlled(self._disturbed)

    def active(self) -> Sequence[str]:
        """Return a sentence for each link that is cut and for each toxic."""
        return [f"{link}: {words}" for link, words in self._client.disturbances()]

    def version(self) -> str:
        """Return the server's version."""
        return self._client.version()

    def _disturbed(self) -> Sequence[str]:
        found = self._client.proxies()
        whole = {
            name
            for name, link in self._links.items()
            if (proxy := found.get(name))
            and proxy.enabled
            and (proxy.listen, proxy.upstream) == (link.listen, link.upstream)
        }
        clean = whole - self._client.poisoned()
        return [name for name in self._links if name not in clean]

    def _create(self, link: LinkSpec) -> None:
        self._client.create(link.name, listen=link.listen, upstream=link.upstream)

    def _known(self, link: str) -> LinkSpec:
        if link not in self._links:
            raise UsageError(f"there is no link {link!r}", hint=f"links: {', '.join(self._links)}")
        return self._links[link]

    def _controlled(self, action: Callable[[], _Result]) -> _Result:
        """Carry out a change; when the control API is frozen, bring up a fresh server and say so.

        The change is not repeated: the server that was killed took other faults with it, so the run must not go on as
        if nothing had happened.
        """
        try:
            return action()
        except ControlFrozen as frozen:
            if self._respawn is None:
                raise
            self._respawn()
            self.create_all()
            raise ControlError(
                f"{frozen}; the server was killed and started again with every link whole",
                hint="the run is inconclusive: faults that were on before have ended",
            ) from frozen
