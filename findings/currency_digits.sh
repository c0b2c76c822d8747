#!/usr/bin/env bash
# Babel 2.19.0 and iso4217 1.16.20260101: two tables of how many decimals a currency has, which differ for 15 currencies.
# iso4217 has ISO 4217's own list; Babel has CLDR's, which says how many are customary (MGA 0, IQD 0, HUF 0). Where one
# module converts to minor units with one table, and the next back with the other, amounts are wrong by 100 or 1000.
set -euo pipefail
folder=$(mktemp -d) && trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv" && "$folder/venv/bin/pip" install --quiet babel==2.19.0 iso4217==1.16.20260101
"$folder/venv/bin/python" - <<'EOF'
from babel.numbers import get_currency_precision
from iso4217 import Currency

both = {item.code: (item.exponent, get_currency_precision(item.code)) for item in Currency if item.exponent is not None}
differing = {code: digits for code, digits in both.items() if digits[0] != digits[1]}
for code, (iso, cldr) in sorted(differing.items()):
    print(f"{code}  ISO 4217: {iso}  Babel: {cldr}")
assert sorted(differing) == [
    "AFN", "ALL", "COP", "HUF", "IDR", "IQD", "IRR", "KPW", "LAK", "LBP", "MGA", "MMK", "SOS", "SYP", "YER",
], sorted(differing)  # fmt: skip
EOF
