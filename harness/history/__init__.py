"""The clients' history: what the load generator wrote line by line, merged into one table that judges read."""

from harness.history.merge import MergeSummary, merge_history
from harness.history.schema import COMPLETE_COLUMNS, HISTORY_COLUMNS, INVOKE_COLUMNS

__all__ = ["COMPLETE_COLUMNS", "HISTORY_COLUMNS", "INVOKE_COLUMNS", "MergeSummary", "merge_history"]
