"""What a host that joins and the run say to each other, as JSON over HTTP, each request with the run's token.

POST /v1/join                        JoinRequest -> JoinReply     409: no worker is wanted; 422: no such
                                                                   replica; 426: another version
GET  /v1/clock                       -> ClockReply
GET  /v1/start?share=<n>&share=...   -> StartReply                also says that the host is alive
PUT  /v1/files/<name>?offset=<n>     bytes -> Size                appended where offset is the file's size
POST /v1/ended                       Ended

All but the first two go with the ticket that joining gave; 410 says that it is another run's.
"""

import msgspec


class JoinRequest(msgspec.Struct, forbid_unknown_fields=True, omit_defaults=True):
    """A host that offers `workers` processes.

    `code` is the digest of its load generator (`harness.joining.code`): both sides must be of one, since each worker
    draws the plan by itself. `clock_error_us` bounds the error of the run's clock as the host has read it. `replicas`
    names the API replicas for which it has addresses of its own.
    """

    host: str
    workers: int
    code: str
    clock_error_us: int
    replicas: list[str] = []


TICKET_HEADER = "X-Faultline-Ticket"


class JoinReply(msgspec.Struct):
    """The shares of the plan that this host makes, the job to make them from, and where Locust's master listens.

    `ticket` goes with every later request: a host that slept through the end of its run must not speak to the next.
    """

    run_id: str
    ticket: str
    shares: list[int]
    job: dict[str, object]
    master_port: int


class ClockReply(msgspec.Struct):
    """What the run's clock says: microseconds since the epoch."""

    now_us: int


class StartReply(msgspec.Struct):
    """When the first arrival is due, by the run's clock (None: not yet), and whether the load has been called off."""

    start_at_us: int | None
    over: bool


class Size(msgspec.Struct):
    """How many bytes of a file the run has."""

    size: int


class Ended(msgspec.Struct, forbid_unknown_fields=True):
    """A worker process has ended, and all its files are handed over.

    `status` is its exit status, negative for a signal; `clock_drift_us` is how far both clocks came apart since it
    joined.
    """

    share: int
    status: int
    clock_drift_us: int
