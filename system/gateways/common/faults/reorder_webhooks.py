"""``reorder_webhooks``: the event is held back until the next one of the same payment has been sent."""

from dataclasses import replace

from system.gateways.common.armed import ArmedFault
from system.gateways.common.kind import Kind, Number
from system.gateways.common.parcels import Parcel


def _reshape(armed: ArmedFault, parcel: Parcel) -> list[Parcel]:
    return [replace(parcel, hold_s=armed.parameters["hold_ms"] / 1000)]


KIND = Kind(
    name="reorder_webhooks",
    sentence="The event is sent after its payment's next event, or `hold_ms` later when none follows.",
    parameters={"hold_ms": Number(1000)},
    reshape=_reshape,
)
