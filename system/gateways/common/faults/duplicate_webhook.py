"""``duplicate_webhook``: the same event is sent several times at once."""

from dataclasses import replace

from system.gateways.common.armed import ArmedFault
from system.gateways.common.kind import Kind, Number
from system.gateways.common.parcels import Parcel


def _reshape(armed: ArmedFault, parcel: Parcel) -> list[Parcel]:
    extra = replace(parcel, in_order=False, owed=False)
    return [parcel, *[extra] * (int(armed.parameters["copies"]) - 1)]


KIND = Kind(
    name="duplicate_webhook",
    sentence="The event is sent `copies` times, all at once.",
    parameters={"copies": Number(3, 2, 20)},
    reshape=_reshape,
)
