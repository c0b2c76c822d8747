#!/usr/bin/env bash
# mt-940 5.1.1: the reversal of a credit (RC: money that came and was taken back) is read as a positive amount, the
# reversal of a debit (RD) too. Only D is negative. Who adds the amounts up counts a bounced payment as paid twice: the
# statement below begins and ends with 1000.00, and its lines add up to 500.00. The sign is in `status` alone.
# SWIFT MT940, field 61, subfield 3: D debit, C credit, RC reversal of credit (a debit), RD reversal of debit (a credit).
set -euo pipefail
folder=$(mktemp -d) && trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv" && "$folder/venv/bin/pip" install --quiet mt-940==5.1.1
"$folder/venv/bin/python" - <<'EOF'
import mt940

statement = """
:20:START
:25:1234567890
:28C:1/1
:60F:C261130EUR1000,00
:61:2612011201C250,00NTRFREF1
:61:2612011201RC250,00NTRFREF1
:61:2612011201D10,00NTRFREF2
:61:2612011201RD10,00NTRFREF2
:62F:C261201EUR1000,00
"""
lines = [(line.data["status"], str(line.data["amount"].amount)) for line in mt940.parse(statement)]
for status, amount in lines:
    print(f"{status:2} {amount:>7}")
assert lines == [("C", "250.00"), ("RC", "250.00"), ("D", "-10.00"), ("RD", "10.00")], lines
EOF
