"""What makes a merchant's endpoint difficult: it redirects, errs, hangs, is slow, or closes the connection.

Planted through the admin listener with the same words as the gateways' faults. Each try of each delivery is chosen by
the seed, the merchant, the event and how often that came before, never by timing.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from hashlib import blake2b

from system.json_body import Json, PlainObject

KINDS: Mapping[str, Mapping[str, float]] = {
    "sink_redirect": {"status": 307},
    "sink_error": {"status": 503},
    "sink_hang": {"ms": 8000},
    "sink_slow": {"ms": 1000},
    "sink_close": {},
}
"""Each kind's parameters with their defaults, beside `merchants` (comma-separated; empty: all of them)."""


class BadTrouble(Exception):
    """A fault that cannot be planted; the message lists what is valid."""


@dataclass(frozen=True)
class Trouble:
    """One planted fault of the endpoint. `share` of all tries meet it."""

    id: str
    kind: str
    share: float
    seed: int
    parameters: Mapping[str, float | str]

    def chooses(self, merchant_id: str, event_id: str, earlier: int) -> bool:
        """Tell whether this try meets it."""
        merchants = str(self.parameters["merchants"])
        if merchants and merchant_id not in merchants.split(","):
            return False
        text = "\x1f".join(map(str, (self.seed, self.id, merchant_id, event_id, earlier)))
        return int.from_bytes(blake2b(text.encode(), digest_size=8).digest(), "big") / 2**64 < self.share


class Troubles:
    """The faults planted in the sink."""

    def __init__(self) -> None:
        self._planted: dict[str, Trouble] = {}
        self._hits: dict[str, int] = {}

    def arm(self, spec: Json) -> PlainObject:
        """Plant one; one with the same id is replaced. Return its row. Raises `BadTrouble` and plants nothing."""
        made = _read(spec)
        self._planted[made.id], self._hits[made.id] = made, 0
        return self._row(made)

    def disarm(self, fault_id: str) -> bool:
        """Remove one; False where there was none."""
        return self._planted.pop(fault_id, None) is not None

    def clear(self) -> None:
        """Remove all."""
        self._planted.clear()

    def rows(self) -> list[PlainObject]:
        """Return every planted fault with its hits."""
        return [self._row(item) for item in self._planted.values()]

    def choose(self, merchant_id: str, event_id: str, earlier: int) -> Trouble | None:
        """Return the first planted fault that this try meets, and count it."""
        for item in self._planted.values():
            if item.chooses(merchant_id, event_id, earlier):
                self._hits[item.id] += 1
                return item
        return None

    def _row(self, item: Trouble) -> PlainObject:
        return {"id": item.id, "kind": item.kind, "share": item.share, "seed": item.seed,
                "parameters": item.parameters, "hits": self._hits[item.id]}  # fmt: skip


def _read(spec: Json) -> Trouble:
    if not isinstance(spec, dict):
        raise BadTrouble("a fault is an object with id, kind, share, seed, parameters")
    kind, fault_id, share, seed = spec.get("kind"), spec.get("id"), spec.get("share", 1.0), spec.get("seed", 0)
    if not isinstance(kind, str) or kind not in KINDS:
        raise BadTrouble(f"unknown kind {kind!r}; valid: {', '.join(KINDS)}")
    if not isinstance(fault_id, str) or not fault_id:
        raise BadTrouble("id: must be a text")
    if isinstance(share, bool) or not isinstance(share, (int, float)) or not 0 <= share <= 1:
        raise BadTrouble("share: must be a number from 0 to 1")
    if isinstance(seed, bool) or not isinstance(seed, int):
        raise BadTrouble("seed: must be an integer")
    return Trouble(fault_id, kind, float(share), seed, _parameters(kind, spec.get("parameters", {})))


def _parameters(kind: str, given: Json) -> dict[str, float | str]:
    known: dict[str, float | str] = {**KINDS[kind], "merchants": ""}
    if not isinstance(given, dict):
        raise BadTrouble(f"{kind}: unknown parameter {given!r}; valid: {', '.join(known)}")
    for name, value in given.items():
        if name not in known:
            raise BadTrouble(f"{kind}: unknown parameter {name!r}; valid: {', '.join(known)}")
        if not isinstance(value, str if name == "merchants" else int | float):
            raise BadTrouble(f"{kind}: {name} must be a {'text' if name == 'merchants' else 'number'}")
        known[name] = value
    return known
