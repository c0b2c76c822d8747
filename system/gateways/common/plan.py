"""Which requests go wrong. The choice hangs on the seed, the fault and the request's own key, not on timing."""

from importlib import import_module
from pkgutil import iter_modules

from system.gateways.common import faults
from system.gateways.common.armed import ArmedFault
from system.gateways.common.books import Books
from system.gateways.common.kind import ENDPOINTS, MONEY, Kind
from system.gateways.common.records import Armed, Disarmed
from system.gateways.common.rows import Row
from system.json_body import Json


class BadFault(Exception):
    """A fault that cannot be planted; the message lists what is valid."""


def known_kinds() -> dict[str, Kind]:
    """Return every fault kind: each is a module of ``system.gateways.common.faults`` that defines ``KIND``."""
    modules = (import_module(f"{faults.__name__}.{found.name}") for found in iter_modules(faults.__path__))
    return {module.KIND.name: module.KIND for module in modules}


class FaultPlan:
    """The faults planted in one gateway."""

    def __init__(self, books: Books) -> None:
        self._books = books
        self._kinds = known_kinds()
        self._armed: dict[str, ArmedFault] = {}
        self.reload()

    @property
    def kinds(self) -> tuple[str, ...]:
        """The names of all kinds, sorted."""
        return tuple(sorted(self._kinds))

    def kind_of(self, armed: ArmedFault) -> Kind:
        """Return what kind of fault that is."""
        return self._kinds[armed.name]

    def reload(self) -> None:
        """Take the planted faults from the books (at start and after a reset)."""
        self._armed = {row.id: self._build(row) for row in self._books.state.armed.values()}

    def arm(self, spec: Json) -> str:
        """Plant one fault and return its id; one with the same id is replaced. Raises `BadFault` and plants nothing."""
        row = self._read(spec)
        fault = self._build(row)
        self._books.commit([Disarmed(row.id), row])
        self._armed[row.id] = fault
        return row.id

    def disarm(self, fault_id: str) -> bool:
        """Remove one fault; False where there was none."""
        if self._armed.pop(fault_id, None) is None:
            return False
        self._books.commit([Disarmed(fault_id)])
        return True

    def rows(self) -> list[Row]:
        """Return every planted fault with its hits."""
        hits = self._books.state.hits
        return [
            {"id": f.id, "kind": f.name, "share": f.share, "seed": f.seed, "parameters": dict(f.parameters)}
            | {"hits": hits[f.id]}
            for f in self._armed.values()
        ]

    def for_request(self, endpoint: str, key: str, arrival: int) -> tuple[ArmedFault, ...]:
        """Return the faults that chose this request."""
        if not self._armed:
            return ()
        return tuple(f for f in self._armed.values() if endpoint in f.endpoints and f.chooses(key, arrival))

    def for_connection(self, number: int) -> ArmedFault | None:
        """Return the fault that chose this connection, if any."""
        for fault in self._armed.values():
            if self.kind_of(fault).connections and fault.chooses("connection", number):
                return fault
        return None

    def for_event(self, key: str, event_type: str) -> tuple[ArmedFault, ...]:
        """Return the webhook faults that chose this event."""
        return tuple(
            f for f in self._armed.values() if self.kind_of(f).reshape is not None and f.chooses(key, event_type)
        )

    def _read(self, spec: Json) -> Armed:
        if not isinstance(spec, dict):
            raise BadFault("a fault is an object with id, kind, share, seed, parameters")
        unknown = set(spec) - {"id", "kind", "share", "seed", "parameters"}
        if unknown:
            raise BadFault(f"unknown field {sorted(unknown)[0]!r}; valid: id, kind, share, seed, parameters")
        kind = self._kinds.get(str(spec.get("kind")))
        if kind is None:
            raise BadFault(f"unknown kind {spec.get('kind')!r}; valid: {', '.join(self.kinds)}")
        fault_id, share, seed = spec.get("id"), spec.get("share", 1.0), spec.get("seed", 0)
        if not isinstance(fault_id, str) or not fault_id:
            raise BadFault("id: must be a text")
        if isinstance(share, bool) or not isinstance(share, (int, float)) or not 0 <= share <= 1:
            raise BadFault("share: must be a number from 0 to 1")
        if isinstance(seed, bool) or not isinstance(seed, int):
            raise BadFault("seed: must be an integer")
        return Armed(fault_id, kind.name, float(share), seed, _parameters(kind, spec.get("parameters", {})))

    def _build(self, row: Armed) -> ArmedFault:
        kind = self._kinds[row.kind]
        endpoints = _endpoints(kind, row.parameters["endpoints"])
        return ArmedFault(row.id, kind.name, row.share, row.seed, row.parameters, endpoints, self._books)


def _parameters(kind: Kind, given: Json) -> Row:
    if not isinstance(given, dict):
        raise BadFault("parameters: must be an object")
    known = (*kind.parameters, "endpoints")
    for name in given:
        if name not in known:
            raise BadFault(f"{kind.name}: unknown parameter {name!r}; valid: {', '.join(known)}")
    checked: Row = {name: parameter.default for name, parameter in kind.parameters.items()}
    for name, value in given.items():
        if name == "endpoints":
            continue
        try:
            checked[name] = kind.parameters[name].check(value)
        except ValueError as error:
            raise BadFault(f"{kind.name}: {name} {error}") from error
    checked["endpoints"] = given.get("endpoints", "")
    _endpoints(kind, checked["endpoints"])
    return checked


def _endpoints(kind: Kind, text: Json) -> frozenset[str]:
    if text == "":
        return kind.endpoints
    if text == "all":
        return ENDPOINTS
    if text == "money":
        return MONEY
    names = frozenset(part.strip() for part in text.split(",")) if isinstance(text, str) else frozenset({repr(text)})
    if not names <= ENDPOINTS:
        raise BadFault(f"{kind.name}: endpoints must be all, money or some of {', '.join(sorted(ENDPOINTS))}")
    return names
