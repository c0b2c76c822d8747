"""What a failover cost, in every format: phases in seconds, what nobody knows, and RPO 0 only where it was measured."""

from dataclasses import replace

import pytest

from harness.core.evidence import Evidence
from harness.core.recovery import DataLoss, Failover, Phase, SingleCopy
from harness.core.report import Report
from reports import recovering
from reports.formats import html, markdown, text
from tests.reports import run_folder


def with_failover(report: Report | None = None, **changed: object) -> Report:
    return replace(report or run_folder.passed(), **{**run_folder.failed_over(), **changed})  # type: ignore[arg-type]


@pytest.mark.parametrize("made", [text.render, markdown.render, html.render])
def test_phases_writes_clients_and_losses_are_told(made, sound_run: Evidence) -> None:
    page = " ".join(made(with_failover(), sound_run).replace("\\", "").split())
    for fact in ("postgres_killed", "pg-a to pg-b", "timeline 3 to 4", "0.53 s", "2.4 s", "RPO 0"):
        assert fact in page


@pytest.mark.parametrize("made", [text.render, markdown.render, html.render])
def test_what_nobody_knows_is_no_zero(made, sound_run: Evidence) -> None:
    page = made(with_failover(), sound_run)
    assert "?" in page
    assert "reconnect 0 s" not in page


@pytest.mark.parametrize("made", [text.render, markdown.render, html.render])
def test_lost_payments_are_counted_with_their_money_and_listed(made, sound_run: Evidence) -> None:
    lost = tuple(f"order-{number}" for number in range(7))
    account = DataLoss(7, {"EUR": 12_345, "JPY": 500}, lost, at_stake=900, failovers=1)
    page = " ".join(made(with_failover(data_loss=account), sound_run).split())
    assert "7 acknowledged payments lost" in page
    assert "EUR 123.45 + JPY 500" in page
    assert "order-4" in page
    assert "RPO 0" not in page


@pytest.mark.parametrize("made", [text.render, markdown.render, html.render])
def test_an_unmeasured_zero_is_not_called_rpo_0(made, sound_run: Evidence) -> None:
    account = DataLoss(0, failovers=1, known=False, reason="the final reads did not finish")
    page = " ".join(made(with_failover(data_loss=account), sound_run).split())
    assert "what was lost is not known: the final reads did not finish" in page
    assert "RPO 0" not in page


@pytest.mark.parametrize("made", [text.render, markdown.render, html.render])
def test_a_run_without_a_failover_says_nothing_of_it(made, sound_run: Evidence) -> None:
    assert "RPO 0" not in made(run_folder.passed(), sound_run)


def test_a_server_that_came_back_did_not_move() -> None:
    item = Failover("", "pg-a", "pg-a", 3, 3, False, 5.0, 5.1, 8.0, (), Phase("service", 5.0, 5.0, "no client noticed"))
    assert recovering.heading(item) == "no fault of ours at 5 s: pg-a came back"
    assert recovering.service(item) == "clients: no client noticed"


def test_one_reason_for_several_phases_is_said_once() -> None:
    open_ = tuple(Phase(name, None, None, "the nodes' logs do not tell") for name in ("detect", "decide"))
    item = Failover("", "a", "b", 1, 2, True, 0.0, 0.0, 1.0, open_, Phase("service", 0.0, 1.0))
    assert list(recovering.unknown(item)) == ["detect, decide: the nodes' logs do not tell"]


def test_markdown_stays_short_with_many_failovers(sound_run: Evidence) -> None:
    one = run_folder.failed_over()["recovery"]
    assert len(markdown.render(with_failover(recovery=one * 30), sound_run).splitlines()) < 60


@pytest.mark.parametrize("made", [text.render, markdown.render, html.render])
def test_a_disk_that_came_back_is_not_called_rpo_0(made, sound_run: Evidence) -> None:
    reason = "no other node took over: what pg-a had acknowledged was saved by a disk that came back"
    account = DataLoss(0, known=False, reason=reason, came_back=("pg-a",))
    page = " ".join(made(with_failover(data_loss=account), sound_run).split())
    assert "saved by a disk that came back" in page
    assert "RPO 0" not in page


def test_a_disk_that_came_back_is_told_beside_a_failover() -> None:
    told = recovering.loss(DataLoss(0, at_stake=12, failovers=1, came_back=("pg-b",)))
    assert told.endswith(
        "none was lost; pg-b also came back by itself, and what it had acknowledged its own disk has saved"
    )


@pytest.mark.parametrize("made", [text.render, markdown.render, html.render])
def test_payments_with_one_copy_are_counted_with_their_money(made, sound_run: Evidence) -> None:
    report = replace(run_folder.passed(), single_copy=SingleCopy(2, 4.0, 37, {"EUR": 12_345}))
    page = " ".join(made(report, sound_run).replace("\\", "").split())
    for fact in ("2 database nodes", "one copy", "37 payments and refunds at risk", "EUR 123.45"):
        assert fact in page
    assert "in this run none was" in recovering.single_copy(SingleCopy(2, 0.0, 0))
