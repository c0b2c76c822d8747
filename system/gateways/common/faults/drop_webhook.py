"""``drop_webhook``: the event is never sent."""

from system.gateways.common.armed import ArmedFault
from system.gateways.common.kind import Kind
from system.gateways.common.parcels import Parcel


def _reshape(armed: ArmedFault, parcel: Parcel) -> list[Parcel]:
    return []


KIND = Kind(name="drop_webhook", sentence="The event is never sent.", reshape=_reshape)
