#!/usr/bin/env bash
# sepaxml 2.7.0: amounts are divided by 100 whatever the currency is, so JPY 5000 is written as 50.00, a hundredth.
# The yen has no minor unit (ISO 4217), and 5000 is what its minor units are. The file passes the package's schema check.
set -euo pipefail
folder=$(mktemp -d) && trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv" && "$folder/venv/bin/pip" install --quiet sepaxml==2.7.0
"$folder/venv/bin/python" - <<'EOF'
import datetime
import re

from sepaxml import SepaTransfer

account = {"name": "Shop", "IBAN": "DE89370400440532013000", "BIC": "COBADEFFXXX", "batch": True, "currency": "JPY"}
transfer = SepaTransfer(account, clean=True)
transfer.add_payment({
    "name": "Jane Doe", "IBAN": "NL91ABNA0417164300", "BIC": "ABNANL2A", "amount": 5000,
    "execution_date": datetime.date(2026, 12, 1), "description": "order 1",
})  # fmt: skip
[amount] = re.findall('<InstdAmt Ccy="JPY">(.*?)<', transfer.export(validate=True).decode())
print(f"5000 minor units of JPY are written as {amount}")
assert amount == "50.00", amount
EOF
