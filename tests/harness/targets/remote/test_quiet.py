"""A gateway has come to rest when its list of charges has not changed for a while."""

from dataclasses import replace

from harness.core.adapter import Charge
from harness.targets.remote.quiet import QUIET_S, Quiet

ONE = Charge("ch_1", "order-1", 100, "EUR", 1_800_000_000_000_000)
TWO = replace(ONE, charge_id="ch_2")


def test_each_change_begins_the_wait_anew() -> None:
    now_s = 100.0
    quiet = Quiet(lambda: now_s)
    assert quiet.unsettled([]) == 1
    now_s += QUIET_S - 1
    assert quiet.unsettled([ONE, TWO]) == 2
    now_s += QUIET_S - 1
    assert quiet.unsettled([TWO, ONE]) == 2
    assert quiet.unsettled([ONE, replace(TWO, status="voided")]) == 1
    now_s += QUIET_S
    assert quiet.unsettled([ONE, replace(TWO, status="voided")]) == 0


def test_no_charge_at_all_is_waited_for_as_long() -> None:
    now_s = 100.0
    quiet = Quiet(lambda: now_s)
    assert quiet.unsettled([]) == 1
    now_s += QUIET_S
    assert quiet.unsettled([]) == 0
