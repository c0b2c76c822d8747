"""``delay_webhook``: the event is sent late, others overtake it."""

from dataclasses import replace

from system.gateways.common.armed import ArmedFault
from system.gateways.common.kind import Kind, Number
from system.gateways.common.parcels import Parcel


def _reshape(armed: ArmedFault, parcel: Parcel) -> list[Parcel]:
    return [replace(parcel, delay_s=parcel.delay_s + armed.parameters["ms"] / 1000, in_order=False)]


KIND = Kind(
    name="delay_webhook",
    sentence="The event is sent `ms` late, out of order.",
    parameters={"ms": Number(2000)},
    reshape=_reshape,
)
