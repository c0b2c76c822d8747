"""What can stop a request before it has an answer, as one error type that the API turns into the one error shape."""

from dataclasses import dataclass

from system.core.resources import ErrorType, Existing


class Refused(Exception):
    """The request ends here with an answer that is never stored.

    ``definite`` is False when the operation may have been accepted all the same: then the client must ask again.
    """

    def __init__(
        self,
        status_code: int,
        type: ErrorType,
        code: str,
        message: str,
        *,
        param: str | None = None,
        definite: bool = True,
        retry_after_s: int | None = None,
    ) -> None:
        super().__init__(code)
        self.status_code = status_code
        self.type = type
        self.code = code
        self.message = message
        self.param = param
        self.definite = definite
        self.retry_after_s = retry_after_s
        self.existing: Existing | None = None
        """The payment or refund that stands in the way."""


@dataclass(frozen=True, slots=True)
class Held:
    """A refusal that is known before the request's key was looked up, and waits for that.

    Under a key that was used before, the answer is that key's: a refusal of now says nothing about what was done then.
    `read_on` is the generation of the pool on which what it names was read; None where it names nothing that was read.
    """

    refused: Refused
    read_on: int | None = None

    def on(self, generation: int) -> Refused:
        """Return what to answer once everything read on the pool of that generation is on a second node.

        What was read elsewhere was read on a server that another one has replaced since: then the client asks again.
        """
        return self.refused if self.read_on in (None, generation) else database_trouble(definite=True)


def database_trouble(*, definite: bool) -> Refused:
    """The database did not answer in time."""
    return Refused(
        503,
        "api_error",
        "database_unavailable",
        "The platform cannot reach its database. Send the request again under the same key.",
        definite=definite,
        retry_after_s=1,
    )


def gateways_unavailable() -> Refused:
    """No gateway's breaker lets the operation through; nothing was written."""
    return Refused(
        503,
        "api_error",
        "gateways_unavailable",
        "No gateway takes requests at the moment; no money was moved.",
        retry_after_s=1,
    )


def still_in_progress() -> Refused:
    """The request was taken on and is not done; its client should hear so before its own patience ends."""
    return Refused(
        503,
        "api_error",
        "still_in_progress",
        "The request is still being carried out. Ask again under the same key.",
        definite=False,
        retry_after_s=1,
    )
