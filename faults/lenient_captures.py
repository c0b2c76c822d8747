"""The gateway captures whatever it is asked to, beyond what was authorised and more than once."""

from faults._simulators import SimulatorFault


def lenient_captures(gateway: str = "stripe") -> SimulatorFault:
    """Return a gateway with overcapture and multicapture, so that our own guard of captures is the only one.

    Real gateways have both: Stripe for accounts that ask for them (docs.stripe.com/payments/overcapture and
    /multicapture), PayPal up to 115 % of an authorization. A sound platform asks for neither, so what counts is each
    capture that went by unguarded.
    """
    return SimulatorFault("lenient_captures", gateway, kind="lenient_captures", share=1.0)
