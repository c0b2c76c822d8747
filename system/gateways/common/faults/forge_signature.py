"""``forge_signature``: somebody else sends an event that says the contrary, or sends an old recording again."""

from dataclasses import replace

from system.gateways.common.armed import ArmedFault
from system.gateways.common.clock import new_id
from system.gateways.common.kind import Kind, Word
from system.gateways.common.parcels import Parcel
from system.gateways.common.telling import turned_around

WAYS = ("false_secret", "unsigned", "altered", "stale", "future")


def _reshape(armed: ArmedFault, parcel: Parcel) -> list[Parcel]:
    how = armed.parameters["how"]
    if how == "any":
        how = WAYS[int(armed.roll("how", parcel.lane, parcel.type) * len(WAYS))]
    forged = replace(_forged(how, parcel), truth=how, in_order=False, owed=False)
    if armed.parameters["genuine"] == "dropped":
        return [replace(forged, owed=True)]
    return [forged, parcel]


def _forged(how: str, parcel: Parcel) -> Parcel:
    """Who lacks the secret makes an event up; who listens alters one, or keeps it for another time."""
    if how in ("stale", "future"):
        return parcel
    event_id = parcel.event_id if how == "altered" else new_id("evt")
    type_, body = turned_around(parcel.body, event_id)
    return replace(parcel, event_id=event_id, type=type_, body=body, signed=parcel.body if how == "altered" else None)


KIND = Kind(
    name="forge_signature",
    sentence="A false event is sent beside the genuine one or instead of it: of the contrary with a false secret, "
    "without a signature, or under the genuine one's; or the genuine one signed ten minutes ago or ahead.",
    parameters={"genuine": Word("sent", ("sent", "dropped")), "how": Word("false_secret", ("any", *WAYS))},
    reshape=_reshape,
)
