"""What a `service.toml` says. Unknown fields are refused; every field has its meaning here."""

from typing import Annotated, Literal

import msgspec

Kind = Literal["platform", "gateway", "merchant", "service", "foundation"]
"""`platform`: one of the platform's own processes that reports its health, can die at crash points and has a clock;
`service`: another process of the platform; `gateway`, `merchant`: the simulated outside world; `foundation`: what all
of it stands on, started in ways of its own."""

Only = Literal["", "processes", "containers"]
"""Where something exists: everywhere, or only in the platform as processes, or only as containers."""


class Declared(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """Any table of a `service.toml`."""


class Listener(Declared, frozen=True):
    """A port that a service listens on.

    `called` is the port's name over all services, and `alias` the name by which links lead to it, where that is
    another; both may have `{name}` and `{suffix}` (of `pg-a`: `a`). `port` is the one in a container or pod, `setting`
    the variable that tells the process its own. One that is not `published` can be reached in containers only.
    """

    name: str
    port: int
    called: str = "{name}"
    alias: str = ""
    setting: str = ""
    only: Only = ""
    published: bool = True


class Told(Declared, frozen=True):
    """How whoever calls a service is told where it is: through the variable `setting`.

    `each` is one address, with `{host}`, `{port}` and `{caller}`; `whole` joins those of all replicas with commas:
    `{each}`, `{hosts}`, `{ports}`.
    """

    setting: str
    each: str = "http://{host}:{port}"
    whole: str = "{each}"


class Peers(Declared, frozen=True):
    """Links between the replicas of one service, from `place` on in each one's block, in the order of the replicas.

    `source` and `target` are what links are named after, before `-{suffix}`. With `lower` a replica calls only those
    before it.
    """

    source: str
    target: str
    place: int
    lower: bool = False
    only: Only = ""


class Secret(Declared, frozen=True):
    """A random secret, made once for each platform. Whoever declares the same `name` has the same one.

    `setting` is the variable that has it in the service itself, `callers` the one that has it in those who call it.
    """

    name: str
    setting: str = ""
    callers: str = ""
    prefix: str = ""


class Health(Declared, frozen=True):
    """Where a service says how it is. `live` (default: `path`) tells of this process alone, for containers."""

    listener: str
    path: str
    live: str = ""


class Metrics(Declared, frozen=True):
    """Where Prometheus scrapes a service, and under which job."""

    job: str
    listener: str
    path: str = "/metrics"


class Reset(Declared, frozen=True):
    """Where a POST empties a service between two runs."""

    listener: str
    path: str


class Container(Declared, frozen=True):
    """A service as a container and as a pod.

    `addresses` are the last bytes on Compose's network by replica (default: 100 and the service's number); `grace_s` is
    how long a pod may take to end, 0 for Kubernetes' own default. `cpus` and `memory_mb` are the limits.
    """

    image: str = "service"
    addresses: dict[str, int] = {}
    grace_s: int = 0
    cpus: float = 1.0
    memory_mb: int = 256
    cpu_request: float = 0.1
    memory_request_mb: int = 128


class ServiceFile(Declared, frozen=True):
    """A whole `service.toml`: what all replicas of a service have in common.

    `calls` and `called_by` are links to and from other folders, by their last names, with the place of the link's port
    in the caller's block; of several replicas the first has this place, and the others follow. One side says each link.
    `quiet` says of links that may carry nothing although all is well why that is so, by a pattern of their names.
    An `optional` one is there only where somebody asks for it: as a container it has no replica by itself.
    `source` is what a service's links are named after. `files` are variables that name a file of the platform.
    `settings` says which of the settings that scenarios may change a process is given.
    """

    about: str
    role: str
    kind: Kind
    listeners: Annotated[list[Listener], msgspec.Meta(min_length=1)]
    component: str = ""
    module: str = ""
    settings: Literal["", "platform", "simulator"] = ""
    calls: dict[str, int] = {}
    called_by: dict[str, int] = {}
    source: str = "{name}"
    quiet: dict[str, str] = {}
    optional: bool = False
    told: Told | None = None
    peers: list[Peers] = []
    secrets: list[Secret] = []
    files: dict[str, Literal["merchants", "journal", "crashes"]] = {}
    health: Health | None = None
    metrics: Metrics | None = None
    reset: Reset | None = None
    container: Container = Container()


class Lines(Declared, frozen=True):
    """`services.toml`: the folder of each service by its name, in the order of their numbers."""

    services: dict[str, str]
