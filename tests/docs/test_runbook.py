"""docs/runbook.md tells of every command that the PaymentService runbook has, and every twin that it names is there."""

import re
from pathlib import Path

import pytest

from harness.cli.ops import names

PAGE = (Path(__file__).parents[2] / "docs" / "runbook.md").read_text()

COMMANDS = (
    "kubectl logs -l app=payment-service --tail=100",
    "node scripts/query-failed-transactions.js --last-hour",
    "kubectl rollout history deployment/payment-service",
    "node scripts/payment-method-success-rates.js",
    "curl ... https://api.stripe.com/v1/charges",
    "node scripts/check-api-key-rotation.js",
    'kubectl logs ... \\| grep "gateway timeout"',
    "node scripts/gateway-health-check.js",
    "curl -X POST .../internal/api/payment/switch-gateway",
    "kubectl top pods",
    "node scripts/db-pool-stats.js",
    "psql ... pg_stat_statements",
    "node scripts/gateway-latency-check.js",
    "kubectl scale deployment payment-service --replicas=5",
    "pg_isready -U postgres -d payments",
    "psql ... pg_stat_activity",
    "psql ... pg_locks",
    "curl -X POST .../internal/api/system/refresh-db-connections",
    "aws secretsmanager update-secret --secret-id flowmart/payment/stripe-api-key",
    "curl -X POST .../internal/api/system/reload-api-keys",
    "node scripts/verify-api-keys.js",
    "curl -X POST .../payment/transactions/{transactionId}/refund",
    "node scripts/list-failed-refunds.js --last-24h",
    "curl -X POST .../payment/transactions/{transactionId}/chargeback",
    "node scripts/reconcile-payments.js --gateway=stripe --date=2023-05-15",
    "node scripts/find-stuck-transactions.js",
    "node scripts/check-gateway-transaction.js --transaction-id=TXN123456",
    "node scripts/resolve-stuck-transaction.js --transaction-id=TXN123456 --status=completed",
    "curl -X POST .../internal/api/system/enable-fallback-gateway",
    "node scripts/monitor-gateway-health.js --gateway=stripe",
    "curl -X POST .../internal/api/system/disable-fallback-gateway",
    "kubectl get pods -l app=postgresql",
    "patronictl list",
    "curl -X GET .../payment/health",
    "./scripts/dr-failover.sh payment-service",
    "aws route53 change-resource-record-sets",
    "curl -X POST .../internal/api/system/enable-simplified-flow",
    "kubectl set image deployment/payment-service",
    "pg_dump -U postgres -d payments",
    "kubectl apply -f payment-migration-job.yaml",
    "kubectl logs -l job-name=payment-db-migration",
    "node scripts/generate-pci-audit-report.js --month=2023-05",
)
"""Every command of the runbook, in its order, without the way into a pod."""


def table() -> dict[str, str]:
    """Return the page's table: what is here, by the runbook's command."""
    text = PAGE[PAGE.index("## Every command of the runbook") : PAGE.index("## Alerts")]
    rows = re.findall(r"^\| `(.+?)` \| (.+) \|$", text, flags=re.MULTILINE)
    return dict(rows)


def test_the_table_has_every_command_of_the_runbook_in_its_order() -> None:
    assert tuple(table()) == COMMANDS


@pytest.mark.parametrize("command", COMMANDS)
def test_every_twin_that_is_named_is_there(command: str) -> None:
    told = table()[command]
    assert set(re.findall(r"faultline ops ([a-z-]+)", told)) <= set(names())
    assert "not there yet" in told or "`" in told


def test_every_command_that_is_there_is_told_of() -> None:
    assert {name for name in names() if f"faultline ops {name}" not in PAGE} == set()
