"""The joining host's side of the conversation: one method for each message, errors in words."""

from collections.abc import Sequence

import msgspec
import requests

from harness.core.errors import ControlError, UsageError
from harness.joining.gathering import TOKEN_VARIABLE
from harness.joining.messages import TICKET_HEADER, ClockReply, Ended, JoinReply, JoinRequest, Size, StartReply

TIMEOUT_S = 5.0
_REFUSED = {
    401: f"set {TOKEN_VARIABLE} to what the run printed",
    409: "offer fewer with --workers, or have the run wait for more with --expect-workers",
    422: "--api-url NAME=URL takes the names that the run gives its replicas",
    426: "both sides need the same Faultline",
}


class RunClient:
    """Speaks to the run at `host:port`. Every method raises `ControlError` where the run does not answer.

    An answer that refuses raises `UsageError`. Proxies of the environment are not used.
    """

    def __init__(self, host: str, port: int, token: str) -> None:
        self._base = f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"
        self._session = requests.Session()
        self._session.trust_env = False
        self._session.headers["Authorization"] = f"Bearer {token}"

    def clock_us(self) -> int:
        """Return what the run's clock says, in microseconds since the epoch."""
        return msgspec.json.decode(self._ask("GET", "/v1/clock"), type=ClockReply).now_us

    def join(self, request: JoinRequest) -> JoinReply:
        """Offer workers. Raises `UsageError` where the run does not want them, or not these."""
        reply = msgspec.json.decode(self._ask("POST", "/v1/join", msgspec.json.encode(request)), type=JoinReply)
        self._session.headers[TICKET_HEADER] = reply.ticket
        return reply

    def start(self, shares: Sequence[int]) -> StartReply:
        """Say that these workers' host is alive, and ask when the load starts."""
        query = "&".join(f"share={share}" for share in shares)
        return msgspec.json.decode(self._ask("GET", f"/v1/start?{query}"), type=StartReply)

    def put(self, name: str, offset: int, data: bytes) -> int:
        """Hand over the bytes of a file from `offset` on; return how many bytes of it the run has."""
        return msgspec.json.decode(self._ask("PUT", f"/v1/files/{name}?offset={offset}", data), type=Size).size

    def ended(self, message: Ended) -> None:
        """Say that a worker has ended and everything of it is handed over."""
        self._ask("POST", "/v1/ended", msgspec.json.encode(message))

    def close(self) -> None:
        """Close the connections."""
        self._session.close()

    def _ask(self, verb: str, path: str, data: bytes | None = None) -> bytes:
        try:
            answer = self._session.request(verb, self._base + path, data=data, timeout=TIMEOUT_S)
        except requests.RequestException as error:
            raise ControlError(f"the run at {self._base} does not answer: {type(error).__name__}") from error
        if answer.status_code in _REFUSED:
            raise UsageError(f"the run at {self._base} refuses: {answer.text}", hint=_REFUSED[answer.status_code])
        if not answer.ok:
            raise ControlError(f"the run at {self._base} answered {answer.status_code} to {verb} {path}: {answer.text}")
        return answer.content
