"""``execute_then_500``: money moves, the answer is 500, and that answer is what the key repeats from then on."""

from dataclasses import replace

from system.gateways.common.armed import ArmedFault
from system.gateways.common.brand import Brand
from system.gateways.common.exchange import Exchange, Outcome
from system.gateways.common.kind import Flag, Kind, Number, Stage


async def _bite(stage: Stage, armed: ArmedFault, exchange: Exchange, brand: Brand) -> Outcome | None:
    if stage is not Stage.EXECUTED or exchange.answer is None:
        return None
    armed.hit(exchange)
    broken = brand.broken(exchange, int(armed.parameters["status"]))
    return replace(broken, result=exchange.answer.result, keep=armed.parameters["cached"])


KIND = Kind(
    name="execute_then_500",
    sentence="Executed; the answer is a server error, cached under the key unless `cached` is false.",
    parameters={"status": Number(500, 500, 599), "cached": Flag(True)},
    bite=_bite,
)
