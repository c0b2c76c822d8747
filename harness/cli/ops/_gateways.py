"""What the commands that ask gateways read of the answer."""

import msgspec


class Asked(msgspec.Struct):
    """What came of asking one gateway."""

    gateway: str
    answer: str
    keys: str
    trouble: str | None
    latency_ms: float
    breakers: dict[str, str]
    primary: bool


class Health(msgspec.Struct):
    """Every gateway that was asked."""

    gateways: list[Asked]
