#!/usr/bin/env bash
# holidays 0.109 and workalendar 17.0.0: the calendars of the United States close the Friday before a holiday that falls on
# a Saturday, such as 2026-07-03. The Federal Reserve Banks are open on it, and ACH and Fedwire settle: "For holidays
# falling on Saturday, Federal Reserve Banks and Branches will be open the preceding Friday" (frbservices.org, Holiday
# Schedules, read on 2026-12-01). Who plans settlements by these calendars is a business day late. holidays has the right
# one too, under another name: financial_holidays("XFED").
set -euo pipefail
folder=$(mktemp -d) && trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv" && "$folder/venv/bin/pip" install --quiet holidays==0.109 workalendar==17.0.0
"$folder/venv/bin/python" - <<'EOF'
from datetime import date

import holidays
from workalendar.usa import UnitedStates

friday = date(2026, 7, 3)
seen = {
    "holidays.US": friday in holidays.US(years=2026),
    "workalendar UnitedStates": not UnitedStates().is_working_day(friday),
    "holidays.financial_holidays('XFED')": friday in holidays.financial_holidays("XFED", years=2026),
}
for name, closed in seen.items():
    print(f"{friday:%A %Y-%m-%d}: {'closed' if closed else 'open  '}  {name}")
assert list(seen.values()) == [True, True, False], seen
EOF
