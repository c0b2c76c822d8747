"""How many acknowledged payments a failover may cost."""

from harness.core.errors import UsageError
from harness.core.evidence import Evidence
from harness.core.judgement import Measurement, Objective
from harness.objectives.losses import data_loss


def rpo(*, payments: int = 0) -> Objective:
    """Promise that at most `payments` acknowledged payments (or refunds) are lost over all failovers of the run.

    None lost is a measurement only where a failover was truly seen and the final reads have finished.
    """
    if payments < 0:
        raise UsageError(f"rpo: {payments} is not a number of payments", hint="give 0 or more")

    def measure(evidence: Evidence) -> Measurement:
        account = data_loss(evidence)
        if not account.known:
            return Measurement(None, account.reason, False)
        told = f"{account.payments} lost of {account.at_stake} acknowledged before the last promotion"
        return Measurement(float(account.payments), told, account.payments <= payments)

    return Objective(
        name=f"rpo(payments={payments})",
        goal=f"at most {payments} acknowledged payments are lost when the database fails over",
        measure=measure,
    )
