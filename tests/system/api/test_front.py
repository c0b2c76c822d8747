"""What stands before the framework: fixed paths go straight to their handlers, and nothing else changes."""

import pytest
from fastapi import FastAPI
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from system.api.front import in_front


class Counted:
    """A middleware that counts what comes through the framework."""

    seen = 0

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        Counted.seen += 1
        await self.app(scope, receive, send)


async def echo(request: Request) -> Response:
    return PlainTextResponse(f"{request.method} {request.path_params} {(await request.body()).decode()}")


async def broken(_request: Request) -> Response:
    raise KeyError("nothing that was expected")


@pytest.fixture
def app() -> ASGIApp:
    app = FastAPI()
    app.add_middleware(Counted)
    app.add_route("/v1/payments", echo, methods=["POST"])
    app.add_route("/v1/payments/{payment_id}", echo, methods=["GET"])
    app.add_route("/broken", broken, methods=["GET"])

    async def unexpected(_request: Request, error: Exception) -> Response:
        return PlainTextResponse(type(error).__name__, 500)

    app.add_exception_handler(Exception, unexpected)
    Counted.seen = 0
    return in_front(app)


async def ask(app: ASGIApp, method: str, path: str, body: bytes = b"") -> tuple[int, str]:
    said: list[Message] = []

    async def receive() -> Message:
        return {"type": "http.request", "body": body, "more_body": False}

    async def send(message: Message) -> None:
        said.append(message)

    scope = {
        "type": "http",
        "http_version": "1.1",
        "scheme": "http",
        "method": method,
        "path": path,
        "raw_path": path.encode(),
        "query_string": b"",
        "root_path": "",
        "headers": [],
        "client": ("127.0.0.1", 1),
        "server": ("127.0.0.1", 80),
    }
    try:
        await app(scope, receive, send)
    except KeyError:
        said.append({"type": "raised"})
    return int(said[0]["status"]), said[1]["body"].decode() + ("" if len(said) == 2 else " and raised")


async def test_a_path_without_parameters_does_not_pass_the_framework(app: ASGIApp) -> None:
    assert await ask(app, "POST", "/v1/payments", b"body") == (200, "POST {} body")
    assert Counted.seen == 0


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [("GET", "/v1/payments/pay_1", 200), ("DELETE", "/v1/payments", 405), ("GET", "/nowhere", 404)],
)
async def test_parameters_other_methods_and_unknown_paths_are_the_frameworks(
    app: ASGIApp, method: str, path: str, status: int
) -> None:
    assert (await ask(app, method, path))[0] == status
    assert Counted.seen == 1


async def test_what_no_handler_expects_is_answered_and_raised_as_by_the_framework(app: ASGIApp) -> None:
    assert await ask(app, "GET", "/broken") == (500, "KeyError and raised")
