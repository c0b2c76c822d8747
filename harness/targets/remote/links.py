"""The Toxiproxy links of a system that is not ours, by the names that scenarios know them by."""

from collections.abc import Mapping, Sequence
from fnmatch import fnmatchcase

from harness.core.errors import ControlError, UsageError
from harness.core.fault import Undo
from harness.core.surface import Toxic
from harness.guard.healers import RESTORE_REMOTE_LINK
from harness.links.client import ToxiproxyClient
from harness.links.toxiproxy import LinkSpec, ToxiproxyLinks


class RemoteLinks:
    """`core.surface.Links` on proxies that somebody else made. Where they listen and lead is asked of their server."""

    def __init__(self, address: str, proxies: Mapping[str, str]) -> None:
        """`proxies` gives each link's proxy by the link's name. Nothing is asked before `connect`."""
        self._address = address
        self._proxies = dict(proxies)
        host, _, port = address.partition(":")
        self._client = ToxiproxyClient(host, int(port))
        self._links: ToxiproxyLinks | None = None

    def connect(self) -> None:
        """Learn the proxies as they are now. `UsageError` where the server does not answer or lacks one."""
        try:
            known = self._client.proxies()
        except ControlError as error:
            raise UsageError(
                f"Toxiproxy does not answer at {self._address}: {error}",
                hint="start it, or correct `toxiproxy` in the adapter",
            ) from error
        if absent := sorted({name for name in self._proxies.values() if name not in known}):
            raise UsageError(
                f"Toxiproxy at {self._address} has no proxy {', '.join(absent)}",
                hint=f"its proxies: {', '.join(known) or 'none'}; correct `links` in the adapter",
            )
        specs = [LinkSpec(name, known[name].listen, known[name].upstream) for name in {*self._proxies.values()}]
        self._links = ToxiproxyLinks(self._client, specs)

    def matching(self, pattern: str) -> Sequence[str]:
        """Return the links matching a shell pattern such as `*-to-stripe`; `UsageError` listing all when none does."""
        found = [name for name in self._proxies if fnmatchcase(name, pattern)]
        if not found:
            raise UsageError(f"no link matches {pattern!r}", hint=f"links of the adapter: {', '.join(self._proxies)}")
        return found

    def cut(self, link: str) -> None:
        """Refuse new connections and drop live ones. Verified by read-back."""
        self.whole.cut(self._proxies[link])

    def add_toxic(self, link: str, kind: str, *, stream: str, toxicity: float, attributes: Mapping[str, int]) -> None:
        """Add a toxic. `stream` is `upstream` (requests) or `downstream` (answers). Verified by read-back."""
        self.whole.add_toxic(self._proxies[link], kind, stream=stream, toxicity=toxicity, attributes=attributes)

    def lay(self, link: str, toxics: Sequence[Toxic]) -> None:
        """Put toxics on a link in one step, beside what is on it. Verified by read-back."""
        self.whole.lay(self._proxies[link], toxics)

    def relay(self, link: str, toxics: Sequence[Toxic], *, cut: bool) -> None:
        """Leave just these toxics on a link, and have it cut or open. Verified by read-back."""
        self.whole.relay(self._proxies[link], toxics, cut=cut)

    def undo(self, link: str) -> Undo:
        """Return the step that enables the link and removes every toxic from it, whoever of us is dead by then."""
        return Undo(RESTORE_REMOTE_LINK, self.whole.undo(self._proxies[link]).arguments)

    @property
    def whole(self) -> ToxiproxyLinks:
        """The proxies by their own names."""
        if self._links is None:
            raise ControlError("the links are not known yet", hint="start the target first")
        return self._links
