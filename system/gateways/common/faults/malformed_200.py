"""``malformed_200``: status 200 and a body that is no answer."""

from system.gateways.common.armed import ArmedFault
from system.gateways.common.brand import Brand
from system.gateways.common.exchange import Answer, Exchange, Outcome
from system.gateways.common.kind import Kind, Stage, Word

BODIES = {
    "html": b"<html><body><h1>Welcome to nginx!</h1></body></html>",
    "empty": b"",
    "array": b"[]",
    "text": b'{"id": "pi_',
}


async def _bite(stage: Stage, armed: ArmedFault, exchange: Exchange, brand: Brand) -> Outcome | None:
    wanted = Stage.READ if armed.parameters["at"] == "before" else Stage.EXECUTED
    if stage is not wanted:
        return None
    armed.hit(exchange)
    result = exchange.answer.result if exchange.answer is not None else "not_executed"
    return Answer(200, BODIES[armed.parameters["body"]], result)


KIND = Kind(
    name="malformed_200",
    sentence="Status 200 with a body that cannot be understood, after execution unless `at` is before.",
    parameters={"body": Word("html", tuple(BODIES)), "at": Word("after", ("before", "after"))},
    bite=_bite,
)
