"""What a client asked for, validated: the input of the payment core."""

from dataclasses import dataclass

from system.clock import app_us, in_us, shared_us
from system.core.failures import Held
from system.gateway import Kind
from system.ids import new_id
from system.seams import Seams
from system.settings import Settings
from system.states import CaptureMode
from system.store.begin import Begin, Claim


@dataclass(frozen=True, slots=True)
class Intent:
    """One accepted money request. ``amount_minor`` None: all there is (capture, void, refund)."""

    merchant_id: str
    idempotency_key: str
    fingerprint: bytes
    kind: Kind
    amount_minor: int | None
    reference: str
    correlation_id: str
    description: str | None = None
    currency: str = ""
    exponent: int = 0
    capture_mode: CaptureMode = CaptureMode.AUTOMATIC
    payment_method: str = ""
    payment_id: str | None = None
    """The payment to act upon; None for a new one."""
    held: Held | None = None
    """Why it is refused, unless its key was used before."""

    @property
    def is_charge(self) -> bool:
        """Whether it takes new money (any gateway may do it), as opposed to acting on a charge that exists."""
        return self.payment_id is None


def begin_of(intent: Intent, *, gateway: str | None, settings: Settings, seams: Seams) -> Begin:
    """The T1 command of an intent, with fresh ids."""
    attempt_id = new_id("att_")
    now = shared_us()
    claim = Claim(
        scope=seams.key_scope(intent.merchant_id),
        merchant_id=intent.merchant_id,
        livemode=False,
        key=intent.idempotency_key,
        fingerprint=intent.fingerprint,
        owner=new_id("own_"),
        now_us=now,
        lease_until_us=now + in_us(settings.key_lease_s),
        expires_at_us=app_us() + in_us(settings.key_retention_s),
    )
    return Begin(
        claim=claim,
        operation_id=new_id("op_"),
        payment_id=intent.payment_id or new_id("pay_"),
        attempt_id=attempt_id,
        refund_id=new_id("re_") if intent.kind is Kind.REFUND else None,
        kind=intent.kind,
        gateway=gateway,
        gateway_key=seams.gateway_key(attempt_id, 1),
        amount_minor=intent.amount_minor,
        currency=intent.currency,
        exponent=intent.exponent,
        capture_mode=intent.capture_mode,
        payment_method=intent.payment_method,
        reference=intent.reference,
        description=intent.description,
        correlation_id=intent.correlation_id,
    )
