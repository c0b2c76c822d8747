"""What every handler shares: the correlation id, the one error shape, and answers as responses."""

from collections.abc import Awaitable, Callable

import msgspec
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response

from system.api.auth import Authenticator
from system.api.parse import BODY_LIMIT_BYTES, correlation_id, invalid
from system.breakers import DATABASE_TROUBLE
from system.core.answers import Answer
from system.core.bodies import error_object
from system.core.engine import Engine
from system.core.failures import Refused, database_trouble
from system.ids import new_id
from system.platform import Platform

JSON = "application/json"

Handler = Callable[[Request], Awaitable[Response]]
Operation = Callable[["Service", Request, str], Awaitable[Response]]
"""What a route does, given the correlation id; `handled` makes a handler of it."""


class Service:
    """The parts that handlers need."""

    def __init__(self, platform: Platform, engine: Engine, authenticator: Authenticator) -> None:
        self.platform = platform
        self.engine = engine
        self.authenticator = authenticator
        self.hmac_secret = platform.settings.hmac_secret.get_secret_value().encode()


def respond(correlation: str, status_code: int, body: object) -> Response:
    """A JSON response."""
    return Response(msgspec.json.encode(body), status_code, headers={"x-correlation-id": correlation}, media_type=JSON)


def respond_answer(correlation: str, answer: Answer) -> Response:
    """The core's answer, byte for byte."""
    headers = {"x-correlation-id": correlation}
    if answer.replayed:
        headers["idempotent-replayed"] = "true"
    if answer.retry_after_s is not None:
        headers["retry-after"] = str(answer.retry_after_s)
    return Response(answer.body, answer.status_code, headers=headers, media_type=JSON)


def respond_refused(correlation: str, refused: Refused) -> Response:
    """An answer that is never stored, in the one error shape."""
    body = error_object(
        refused.type,
        refused.code,
        refused.message,
        param=refused.param,
        definite=refused.definite,
        existing=refused.existing,
        correlation_id=correlation,
    )
    response = respond(correlation, refused.status_code, body)
    if refused.retry_after_s is not None:
        response.headers["retry-after"] = str(refused.retry_after_s)
    if refused.status_code == 401:
        response.headers["www-authenticate"] = "Bearer"
    return response


async def read_body(request: Request) -> bytes:
    """The body, refused as soon as it is too large. Raises Refused (413)."""
    chunks: list[bytes] = []
    size = 0
    async for chunk in request.stream():
        size += len(chunk)
        if size > BODY_LIMIT_BYTES:
            raise invalid("body_too_large", f"The body is larger than {BODY_LIMIT_BYTES} bytes.", status_code=413)
        chunks.append(chunk)
    return b"".join(chunks)


def handled(service: Service, handler: Callable[[Service, Request, str], Awaitable[Response]]) -> Handler:
    """The handler with everything that it may raise turned into the one error shape."""

    async def run(request: Request) -> Response:
        correlation = correlation_id(request.headers) or new_id("cor_")
        try:
            return await handler(service, request, correlation)
        except Refused as refused:
            return respond_refused(correlation, refused)
        except ClientDisconnect:
            return respond_refused(correlation, invalid("body_incomplete", "The client went away."))
        except DATABASE_TROUBLE as error:
            service.platform.log.warning("request_failed", correlation_id=correlation, error=type(error).__name__)
            return respond_refused(correlation, database_trouble(definite=request.method == "GET"))

    return run
