"""``wrong_amount_echo``: the right amount is taken, another one is named in the answer."""

from dataclasses import replace

import msgspec

from system.gateways.common.armed import ArmedFault
from system.gateways.common.brand import Brand
from system.gateways.common.exchange import Exchange, Outcome
from system.gateways.common.kind import Kind, Number, Stage, Word


async def _bite(stage: Stage, armed: ArmedFault, exchange: Exchange, brand: Brand) -> Outcome | None:
    answer = exchange.answer
    if stage is not Stage.EXECUTED or answer is None or answer.status >= 300:
        return None
    armed.hit(exchange)
    told = msgspec.json.decode(answer.body, type=dict)
    misquoted = brand.misquoted(told, int(armed.parameters["by_minor"]), armed.parameters["currency"])
    return replace(answer, body=msgspec.json.encode(misquoted), keep=False)


KIND = Kind(
    name="wrong_amount_echo",
    sentence="Executed rightly; the answer, this once, names an amount wrong by `by_minor` (or another `currency`).",
    parameters={"by_minor": Number(1, -1e6, 1e6), "currency": Word("")},
    bite=_bite,
)
