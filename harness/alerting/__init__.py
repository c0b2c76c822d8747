"""The runbook's alerts evaluated without Prometheus, as Prometheus 2.42 would: pure over scraped samples.

`series` keeps what was scraped, `functions` has the few functions of its query language that the table needs,
`measures` computes an indicator, `rules` moves alerts between inactive, pending and firing, `scraping` reads one
process.
"""

from harness.alerting.rules import Change, Rules, State
from harness.alerting.series import Series

__all__ = ["Change", "Rules", "Series", "State"]
