"""From a run's folder to a verdict. Pure: the same folder and the same checks always come to the same report."""

from harness.judge.compare import compare
from harness.judge.hits import fault_results, stored_fault_results
from harness.judge.judging import Judgement, judge
from harness.judge.recheck import Recheck, recheck
from harness.judge.reporting import build_report
from harness.judge.stored import VERDICT_FILE, read_verdict, write_verdict

__all__ = [
    "VERDICT_FILE",
    "Judgement",
    "Recheck",
    "build_report",
    "compare",
    "fault_results",
    "judge",
    "read_verdict",
    "recheck",
    "stored_fault_results",
    "write_verdict",
]
