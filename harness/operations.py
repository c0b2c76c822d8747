"""The operator's actions that scenarios may take, by the names of the runbook."""

from datetime import UTC, datetime, timedelta

from harness.core.operating import OperatorAction


def reconcile(gateway: str, *, since: str = "", dry_run: bool = False) -> OperatorAction:
    """Return a reconciliation of a gateway until now: from a date (UTC) on, or from the day before yesterday."""
    day_before_yesterday = datetime.now(UTC).date() - timedelta(days=2)
    body: dict[str, str | bool] = {
        "gateway": gateway,
        "from": since or day_before_yesterday.isoformat(),
        "dryRun": dry_run,
    }
    return OperatorAction("reconcile_payments", "payment/reconcile-payments", body)


def switch_gateway(primary: str, reason: str) -> OperatorAction:
    """Return the change of the primary gateway."""
    return OperatorAction("switch_gateway", "payment/switch-gateway", {"primaryGateway": primary, "reason": reason})


def enable_fallback() -> OperatorAction:
    """Return the switch that lets payments go to the other gateway."""
    return OperatorAction("enable_fallback_gateway", "system/enable-fallback-gateway", {})


def disable_fallback() -> OperatorAction:
    """Return the switch that keeps payments at the primary gateway."""
    return OperatorAction("disable_fallback_gateway", "system/disable-fallback-gateway", {})


def find_stuck(older_than_s: int = 0) -> OperatorAction:
    """Return the question which transactions are stuck."""
    query = {"older_than_s": str(older_than_s)}
    return OperatorAction("find_stuck_transactions", "payment/find-stuck-transactions", query=query)


def move_clock(*, days: float = 0, hours: float = 0) -> OperatorAction:
    """Return the move of the application's time to so much ahead of the real one, in all, since the run began."""
    offset_s = round(days * 86_400 + hours * 3600)
    return OperatorAction("move_application_clock", "system/application-clock", {"offset_s": offset_s})
