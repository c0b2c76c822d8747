#!/usr/bin/env bash
# sepaxml 2.7.0: a second export() of the same transfer holds every payment twice, and its header counts them three times.
# Both files pass the schema that the package checks them with. A caller that exports once to look and once to send pays
# twice. Use a new SepaTransfer for each export.
set -euo pipefail
folder=$(mktemp -d) && trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv" && "$folder/venv/bin/pip" install --quiet sepaxml==2.7.0
"$folder/venv/bin/python" - <<'EOF'
import datetime
import re

from sepaxml import SepaTransfer

account = {"name": "Shop", "IBAN": "DE89370400440532013000", "BIC": "COBADEFFXXX", "batch": True, "currency": "EUR"}
transfer = SepaTransfer(account, clean=True)
transfer.add_payment({
    "name": "Jane Doe", "IBAN": "NL91ABNA0417164300", "BIC": "ABNANL2A", "amount": 1250,
    "execution_date": datetime.date(2026, 12, 1), "description": "order 1",
})  # fmt: skip
for expected in ((1, "1", "12.50"), (2, "3", "37.50")):
    told = transfer.export(validate=True).decode()
    payments = len(re.findall("<CdtTrfTxInf>", told))
    header = told.partition("<PmtInf>")[0]
    seen = (payments, re.search("<NbOfTxs>(.*?)<", header)[1], re.search("<CtrlSum>(.*?)<", header)[1])
    print(f"{seen[0]} payments of EUR 12.50 in the file; its header says {seen[1]} payments, EUR {seen[2]}")
    assert seen == expected, seen
EOF
