"""The clients' history: what the load generator wrote line by line, merged into one table that judges read."""

from harness.core.history_columns import COMPLETE_COLUMNS, HISTORY_COLUMNS, INVOKE_COLUMNS
from harness.history.merge import MergeSummary, merge_history

__all__ = ["COMPLETE_COLUMNS", "HISTORY_COLUMNS", "INVOKE_COLUMNS", "MergeSummary", "merge_history"]
