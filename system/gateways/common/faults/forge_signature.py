"""``forge_signature``: somebody without the secret sends an altered copy of the event."""

from dataclasses import replace

from system.gateways.common.kind import Kind, Word
from system.gateways.common.parcels import Parcel
from system.gateways.common.plan import ArmedFault

_OPPOSITES = (
    (b"payment_intent.succeeded", b"payment_intent.canceled"),
    (b"payment_intent.payment_failed", b"payment_intent.succeeded"),
    (b"PAYMENT.CAPTURE.COMPLETED", b"PAYMENT.CAPTURE.DENIED"),
)


def altered(body: bytes) -> bytes:
    """Return the event with its meaning turned around (or, where that is unknown, another api version)."""
    for genuine, false in _OPPOSITES:
        if genuine in body:
            return body.replace(genuine, false)
    return body.replace(b'"object":"event"', b'"object": "event"')


def _reshape(armed: ArmedFault, parcel: Parcel) -> list[Parcel]:
    forged = replace(parcel, body=altered(parcel.body), forged=True, in_order=False, owed=False)
    if armed.parameters["genuine"] == "dropped":
        return [replace(forged, owed=True)]
    return [forged, parcel]


KIND = Kind(
    name="forge_signature",
    sentence="An altered copy with a false signature is sent, beside the genuine event or instead of it.",
    parameters={"genuine": Word("sent", ("sent", "dropped"))},
    reshape=_reshape,
)
